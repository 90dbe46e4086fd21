import * as z from 'zod';
import { id, schedule, scheduleOrRealtime, share, text } from './fields.ts';
import { guardrailFields } from './guardrails.ts';

/** audiences/<id>.yaml: a segment bound to a list in a tool. */
export const audienceFile = z.strictObject({
  audience: id.meta({ description: 'The name of the file without .yaml.' }),
  segment: z.union([id, z.looseObject({})], { error: 'the name of a segment, or a condition' }).meta({
    description: 'Whose members the list holds: a segment, or a condition such as { all: [{ segment: … }] }.',
  }),
  to: z
    .looseObject({ connection: text })
    .meta({ description: 'The connection, and the list in its tool: { connection: newsletter, tag: Lapsing }.' }),
  match: z.array(text).min(1).meta({ description: 'Identifier types by which the tool finds people, best first.' }),
  fields: z
    .record(
      text,
      z.union([z.strictObject({ trait: text }), z.strictObject({ value: z.union([text, z.number(), z.boolean()]) })], {
        error: '{ trait: PATH } or { value: VALUE }',
      }),
    )
    .optional()
    .meta({
      description:
        'Where an addition makes a record in the tool, such as a campaign member: what its fields are set to, once.',
    }),
  mode: z
    .enum(['mirror', 'add-only'])
    .default('mirror')
    .meta({ description: 'mirror: the list equals the segment. add-only: nobody is removed.' }),
  needs: z
    .strictObject({
      subscribed: text.optional().meta({ description: 'The channel that must be on, such as "email".' }),
      consent: z.array(text).optional().meta({ description: 'The purposes that must be granted.' }),
    })
    .prefault({})
    .meta({
      description:
        'What everybody who is sent must have agreed to. {}: nothing, said on purpose; check warns where it is left out.',
    }),
  holdout: share.optional().meta({
    description:
      "Share of members not sent, to measure lift against. Absent: what the segment's objective says, or none.",
  }),
  verify: z
    .strictObject({
      when: schedule
        .optional()
        .meta({ description: 'When the tool’s real list is read and compared; absent: only by hand.' }),
      heal: z.enum(['report', 'restore', 'adopt']).default('report').meta({
        description:
          'report: differences are said. restore: the next push makes the list as wanted. adopt: the list is taken as it is.',
      }),
    })
    .prefault({}),
  experiment: id
    .optional()
    .meta({ description: 'Audiences with one experiment hold out the same people. Absent: the audience by itself.' }),
  group: z
    .strictObject({
      name: id.meta({ description: 'A person is in at most one audience of a group.' }),
      priority: z.int().min(1).max(1000).meta({ description: 'The smallest that can reach the person wins.' }),
    })
    .optional(),
  guardrails: z
    .strictObject(guardrailFields)
    .partial()
    .optional()
    .meta({ description: "Limits of this audience's pushes, before those of tributary.yaml." }),
  when: scheduleOrRealtime.optional().meta({ description: 'When the difference is pushed; absent: only by hand.' }),
});

export type AudienceFile = z.infer<typeof audienceFile>;
