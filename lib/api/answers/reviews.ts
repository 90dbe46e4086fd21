import * as z from 'zod';
import { untold } from '../../domain/review/lift.ts';
import { metrics } from '../../domain/review/objective.ts';
import { proposals } from '../../domain/review/proposal.ts';
import { described, loose } from './parts.ts';

/** Shapes of what is told of personas, facts and reviews. Shares are from 0 to 1, money is in whole units. */
const count = z.number().int();
const interval = z.object({ value: z.number(), least: z.number(), most: z.number() });
const side = z.object({ people: count, asked: count, converted: count, revenue: z.number(), squares: z.number() });

const dayFacts = z.object({
  segment: z.string(),
  day: z.string(),
  at: z.string(),
  definitions: z.string(),
  people: count,
  size: count,
  entered: count.nullable(),
  left: count.nullable(),
  pushed: z.object({ runs: count, added: count, removed: count, calls: count }).nullable().optional(),
  engaged: count.nullable(),
  revenue: z.number().nullable(),
  payers: count.nullable(),
  objective: z
    .object({ metric: z.enum(metrics), reached: z.number(), asked: count, value: z.number().nullable() })
    .nullable(),
  label: z.object({ members: count, everybody: count }).nullable(),
  nps: z.object({ promoters: count, passives: count, detractors: count }).nullable(),
  sentiment: z.object({ people: count, mean: z.number().nullable() }).nullable(),
  holdouts: z.array(
    z.object({
      experiment: z.string(),
      metric: z.enum(metrics).nullable(),
      since: z.enum(['exposure', 'now']),
      exposed: side,
      heldOut: side,
    }),
  ),
});

export const performanceSchema = z
  .object({
    metric: z.enum(metrics),
    share: z.boolean(),
    value: z.number().nullable(),
    baseline: z.number().nullable(),
    target: z.number(),
    expected: z.number().nullable(),
    progress: z.number().nullable(),
    elapsed: z.number(),
    since: z.string(),
    by: z.string(),
    standing: z.enum(['reached', 'on pace', 'behind', 'missed', 'not measured']),
    asked: count,
    owner: z.string().nullable(),
    budget: z.string().nullable(),
    spent: z.object({ dollars: z.number(), to: z.string().nullable(), share: z.number().nullable() }).nullable(),
  })
  .register(described, { id: 'Performance' });

const effect = z.union([
  interval.extend({ told: z.literal(true), exposed: z.number(), heldOut: z.number(), sure: z.boolean() }),
  z.object({ told: z.literal(false), because: z.enum(untold) }),
]);

const lift = z
  .object({
    experiment: z.string(),
    exposed: count,
    heldOut: count,
    metric: z.enum(metrics).nullable(),
    since: z.enum(['exposure', 'now']),
    objective: effect,
    revenue: effect,
  })
  .register(described, { id: 'Lift' });

export const factsPageSchema = z.object({
  segment: z.string(),
  days: z.array(dayFacts),
  performance: performanceSchema.nullable(),
  lift: z.array(lift),
});

const overlap = z.object({
  a: z.string(),
  b: z.string(),
  both: count,
  jaccard: z.number(),
  shareOfA: z.number(),
  shareOfB: z.number(),
});

export const overlapsSchema = z.object({
  at: z.string().nullable(),
  segments: z.array(z.object({ segment: z.string(), title: z.string(), size: count })),
  pairs: z.array(overlap),
  of: count,
});

const message = z.object({
  text: z.string(),
  links: z.array(z.object({ title: z.string().nullable(), link: z.string() })),
});

export const personaSchema = z
  .object({
    /** As its file says it, without its messages. */
    described: loose,
    persona: z.string(),
    title: z.string(),
    priority: z.number().nullable(),
    segments: z.array(z.object({ segment: z.string(), title: z.string(), members: count.nullable() })),
    channels: z.array(
      z.object({
        channel: z.string(),
        audiences: z.array(z.string()),
        message: message.nullable(),
        covered: z.boolean(),
      }),
    ),
    /** Channels that its segments are pushed on, without a message. */
    missing: z.array(z.string()),
    people: count.nullable(),
    reached: count.nullable(),
  })
  .register(described, { id: 'Persona' });

const reason = z.object({ code: z.string(), proposal: z.enum(proposals), says: z.string() });

export const reviewLineSchema = z
  .object({
    segment: z.string(),
    title: z.string(),
    at: z.string(),
    size: count,
    proposal: z.enum(proposals),
    reasons: z.array(reason),
    job: z.string(),
  })
  .register(described, { id: 'ReviewLine' });

export const commentSchema = z.object({ by: z.string(), at: z.string(), text: z.string() });

export const reviewSchema = z
  .object({
    segment: z.string(),
    title: z.string(),
    at: z.string(),
    since: z.string().nullable(),
    definitions: z.string(),
    because: z.enum(['schedule', 'asked']),
    proposal: z.enum(proposals),
    reasons: z.array(reason),
    people: count,
    size: z.object({ now: count, before: count.nullable(), change: z.number().nullable() }),
    movement: z.object({ days: count, entered: count, left: count, churn: z.number().nullable() }),
    engagement: z.object({ members: count, share: interval }).nullable(),
    accuracy: z.object({
      label: z
        .object({ precision: interval.nullable(), recall: interval.nullable(), members: count, everybody: count })
        .nullable(),
      sample: z.object({ right: count, wrong: count, precision: interval }).nullable(),
    }),
    performance: performanceSchema.nullable(),
    lift: z.array(lift),
    overlaps: z.array(overlap),
    leaves: z.array(z.object({ path: z.string(), leaf: z.string(), letsIn: count, keepsOut: count })),
    coverage: z.array(z.object({ trait: z.string(), members: count, everybody: count })),
    feedback: z.object({
      comments: z.array(commentSchema),
      commented: count,
      nps: z.object({ score: z.number(), promoters: count, passives: count, detractors: count }).nullable(),
      sentiment: z.object({ people: count, mean: z.number() }).nullable(),
    }),
    cost: z.object({ runs: count, added: count, removed: count, calls: count }),
  })
  .register(described, { id: 'Review' });

export const pageSchema = z.object({ html: z.string() });

export const markSchema = z.object({
  profile: z.string(),
  mark: z.enum(['right', 'wrong']),
  by: z.string(),
  at: z.string(),
});

export const samplesSchema = z.object({ segment: z.string(), marks: z.array(markSchema), next: z.array(z.string()) });
