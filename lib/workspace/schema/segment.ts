import * as z from 'zod';
import { isShare, type Metric, metrics } from '../../domain/review/objective.ts';
import {
  dateAsWritten,
  durationAsWritten,
  id,
  instantAsWritten,
  intervalAsWritten,
  shareAsWritten,
  text,
} from './fields.ts';

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

/** A percentage for what is a share of people, otherwise a number. */
const amount = z.union([shareAsWritten, z.number().nonnegative()], {
  error: 'a percentage such as "6%", or a number for revenue_per_member and size',
});

const NEEDS_GOAL: readonly Metric[] = ['conversion', 'activity_rate'];

const objective = z
  .strictObject({
    metric: z.enum(metrics, { error: `one of ${metrics.join(', ')}` }).meta({ description: 'What is measured.' }),
    goal: condition.optional().meta({ description: 'Whom the metric counts: a condition, such as a did leaf.' }),
    per: condition.optional().meta({ description: 'Among whom they are counted; absent: all members.' }),
    within: durationAsWritten.optional().meta({ description: 'The window of open_rate and retention: 30 days.' }),
    baseline: amount.optional().meta({ description: 'Where it began; absent: what is measured first.' }),
    target: amount,
    since: dateAsWritten.optional().meta({ description: 'From when on it is pursued; absent: since it is measured.' }),
    by: dateAsWritten,
    holdout: shareAsWritten.optional().meta({
      description: 'Share of members not sent, to measure lift against: of audiences that say none themselves.',
    }),
    budget: text.optional().meta({
      description: 'What may be spent on it: "2000 USD". In US dollars it is compared with what pushing cost.',
    }),
    owner: text.optional().meta({ description: 'Who answers for it: a team or a role.' }),
  })
  .check(({ value, issues }) => {
    const { metric, goal, baseline, target } = value;
    if (goal === undefined && NEEDS_GOAL.includes(metric)) {
      issues.push({
        code: 'custom',
        input: goal,
        path: ['goal'],
        message: `a condition that says what ${metric} counts`,
      });
    }
    const expected = isShare(metric) ? 'a percentage such as "6%"' : 'a number';
    for (const [key, written] of Object.entries({ baseline, target })) {
      if (written === undefined || (typeof written === 'string') === isShare(metric)) continue;
      issues.push({ code: 'custom', input: written, path: [key], message: `${expected}, as ${metric} is one` });
    }
  });

const review = z.union(
  [
    intervalAsWritten,
    z.strictObject({
      every: intervalAsWritten,
      label: condition.optional().meta({
        description:
          'Whom the segment should hold, known afterwards or from elsewhere: members are checked against it.',
      }),
    }),
  ],
  { error: 'an interval such as "every 30 days", or { every, label }' },
);

/** segments/<id>.yaml: who belongs, why, and the tests that show it. */
export const segmentFile = z.strictObject({
  segment: id.meta({ description: 'The name of the file without .yaml.' }),
  title: text.optional(),
  description: text.optional(),
  persona: id.optional().meta({ description: 'The persona that the segment reaches.' }),
  when: condition.meta({ description: 'Who is a member.' }),
  objective: objective.optional(),
  review: review.optional().meta({ description: 'How often the segment is reviewed.' }),
  tests: z.array(test).optional(),
});
