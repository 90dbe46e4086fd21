import { z } from 'zod';
import { dateAsWritten, id, instantAsWritten, intervalAsWritten, shareAsWritten, text } from './fields.ts';

/** A condition: checked by the segment language's own parser, published as its own schema. */
const condition = z.unknown().refine((value) => value !== undefined, { error: 'a condition' });

const activity = z.strictObject({
  id: text.optional(),
  name: text,
  at: instantAsWritten,
  properties: z.record(z.string(), z.unknown()).optional(),
});

const statement = z.strictObject({
  address: text.optional(),
  topic: text.optional(),
  channel: text.optional(),
  purpose: text.optional(),
  state: z.enum(['granted', 'denied']),
  at: instantAsWritten,
  source: text.optional(),
  by: z.enum(['person', 'company']).optional(),
});

const profile = z.strictObject({
  id: text.optional(),
  traits: z.record(z.string(), z.unknown()).optional(),
  activities: z.array(activity).optional(),
  segments: z.array(id).optional(),
  consent: z.array(statement).optional(),
  since: z
    .record(z.string(), instantAsWritten)
    .optional()
    .meta({ description: 'Trait path, and since when its value holds; for has_been.' }),
});

const test = z.strictObject({
  name: text.meta({ description: 'What the test shows, as a fact.' }),
  now: instantAsWritten.meta({ description: 'The instant of the evaluation.' }),
  profile,
  member: z.boolean(),
  flips_at: instantAsWritten
    .nullable()
    .optional()
    .meta({ description: 'When the answer changes with no new data; null for never.' }),
});

const objective = z.strictObject({
  metric: text.meta({ description: 'What is measured, such as "conversion".' }),
  goal: condition.meta({ description: 'What counts as reached: a did leaf.' }),
  baseline: shareAsWritten.optional(),
  target: shareAsWritten,
  by: dateAsWritten,
  holdout: shareAsWritten.optional().meta({ description: 'Share of members not sent, to measure lift against.' }),
});

/** segments/<id>.yaml: who belongs, why, and the tests that show it. */
export const segmentFile = z.strictObject({
  segment: id.meta({ description: 'The name of the file without .yaml.' }),
  title: text.optional(),
  description: text.optional(),
  persona: id.optional().meta({ description: 'The persona that the segment reaches.' }),
  when: condition.meta({ description: 'Who is a member.' }),
  objective: objective.optional(),
  review: intervalAsWritten.optional().meta({ description: 'How often the segment is to be looked at again.' }),
  tests: z.array(test).optional(),
});
