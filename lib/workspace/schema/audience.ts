import { z } from 'zod';
import { id, schedule, scheduleOrRealtime, share, text } from './fields.ts';

/** audiences/<id>.yaml: a segment bound to a list in a tool. */
export const audienceFile = z.strictObject({
  audience: id.meta({ description: 'The name of the file without .yaml.' }),
  segment: id.meta({ description: 'Whose members the list holds.' }),
  to: z
    .looseObject({ connection: text })
    .meta({ description: 'The connection, and the list in its tool: { connection: newsletter, tag: Lapsing }.' }),
  match: z.array(text).min(1).meta({ description: 'Identifier types by which the tool finds people, best first.' }),
  mode: z
    .enum(['mirror', 'add-only'])
    .default('mirror')
    .meta({ description: 'mirror: the list equals the segment. add-only: nobody is removed.' }),
  needs: z
    .strictObject({
      subscribed: text.optional().meta({ description: 'The channel that must be on, such as "email".' }),
      consent: z.array(text).optional().meta({ description: 'The purposes that must be granted.' }),
    })
    .prefault({}),
  holdout: share.default(0).meta({ description: 'Share of members not sent, to measure lift against.' }),
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
  when: scheduleOrRealtime.optional().meta({ description: 'When the difference is pushed; absent: only by hand.' }),
});

export type AudienceFile = z.infer<typeof audienceFile>;
