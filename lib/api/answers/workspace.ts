import * as z from 'zod';
import { described, loose } from './parts.ts';

export const workspaceSchema = z.object({
  workspace: z.string(),
  version: z.string(),
  timezone: z.string(),
  connections: z.array(
    z.object({
      name: z.string(),
      connector: z.string(),
      webhook: z.boolean(),
      erasure: z.enum(['delete', 'remove', 'leave']).describe('What its tool is asked about who is erased'),
      streams: z.array(
        z.object({ stream: z.string(), schedule: z.string(), run: loose.nullable(), settled: z.boolean() }),
      ),
    }),
  ),
});

export const audienceSchema = z
  .object({
    audience: z.string(),
    segment: z.string(),
    connection: z.string(),
    target: z.unknown(),
    schedule: z.string().nullable(),
    run: loose.nullable(),
    summary: loose.nullable(),
  })
  .register(described, { id: 'Audience' });

export const audiencePageSchema = audienceSchema.extend({
  connector: z.string().nullable(),
  segmentTitle: z.string(),
  /** The segment's condition as written. */
  when: loose,
  match: z.array(z.string()),
  mode: z.enum(['mirror', 'add-only']),
  needs: z.object({ subscribed: z.string().optional(), consent: z.array(z.string()).optional() }),
  holdout: z.number(),
  experiment: z.string().optional(),
  group: z.object({ name: z.string(), priority: z.number() }).optional(),
  /** Its own before the workspace's before the defaults. */
  guardrails: z.looseObject({
    maxAdd: z.number(),
    maxRemove: z.number(),
    maxAddCount: z.number().optional(),
    maxRemoveCount: z.number().optional(),
    smallChange: z.number(),
    minSource: z.number(),
    firstRun: z.enum(['hold', 'into-empty', 'allow']),
    emptySegment: z.enum(['hold', 'allow']),
    maxOptOuts: z.number(),
  }),
  verify: z.object({ schedule: z.string().nullable(), heal: z.enum(['report', 'restore', 'adopt']) }).optional(),
});

export const segmentHistorySchema = z.object({
  segment: z.string(),
  days: z.array(
    z.object({
      day: z.string(),
      entered: z.number().int(),
      left: z.number().int(),
      size: z.number().int().nullable(),
      counted: z.string().nullable(),
      more: z.literal(true).optional(),
    }),
  ),
  size: z.object({ members: z.number().int(), how: z.string(), counted: z.string().nullable() }),
  latest: z.array(loose),
});

export const leftListSchema = z.record(z.string(), z.unknown()).register(described, { id: 'LeftList' });
export const runSchema = z.record(z.string(), z.unknown());

export const runPageSchema = z.object({
  runs: z.array(runSchema).describe('Newest first'),
  next: z
    .string()
    .nullable()
    .describe('What to go on after; null at the end. A page may be short, or empty, before that'),
});
export const lateDaySchema = z
  .object({
    day: z.string(),
    flips: z.number(),
    p50: z.number().nullable(),
    p99: z.number().nullable(),
    worst: z.number(),
    promised: z.number(),
  })
  .register(described, { id: 'LateDay' });
