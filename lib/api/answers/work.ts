import * as z from 'zod';
import { jobKinds } from '../../pipeline/jobs/job.ts';
import { described, loose, problemSchema } from './parts.ts';

export const planSchema = z.looseObject({
  hash: z.string(),
  deploy: z.array(loose),
  definitions: z.array(loose),
  audiences: z.array(
    z.object({
      id: z.string(),
      add: z.number().int(),
      remove: z.number().int(),
      unchanged: z.number().int(),
      blocked: z.record(z.string(), z.number().int()),
      calls: z.number().int(),
    }),
  ),
});

const counts = z.record(z.string(), z.number().int());

export const verifySchema = z.looseObject({
  id: z.string(),
  audience: z.string(),
  state: z.string(),
  startedAt: z.string(),
  heal: z.enum(['report', 'restore', 'adopt']),
  compares: z.enum(['members', 'counts']),
  listed: z.number().int(),
  believed: z.number().int(),
  agree: z.number().int(),
  differences: counts,
  known: counts,
  waiting: z.number().int(),
  moved: z.number().int(),
  healed: z.number().int(),
  sample: z.record(z.string(), z.array(z.string())),
  members: z.string(),
});

export const jobSchema = z.looseObject({
  id: z.string(),
  what: z.enum(jobKinds),
  state: z.enum(['running', 'finished', 'failed']),
  startedAt: z.string(),
  by: z.string().optional(),
  parts: z.array(loose),
  error: problemSchema.optional(),
});

const holdSchema = z.object({ guard: z.string(), says: z.string(), todo: z.string() });

export const dryRunSchema = z.object({
  audiences: z.array(
    z.object({
      id: z.string(),
      hash: z.string(),
      add: z.number().int(),
      remove: z.number().int(),
      unchanged: z.number().int(),
      blocked: counts,
      removedBecause: counts,
      optOuts: z.number().int(),
      size: z.number().int(),
      calls: z.number().int(),
      quota: z.number().nullable(),
      minutes: z.number().int(),
      holds: z.array(holdSchema),
    }),
  ),
});

export const approvalSchema = z.object({ run: z.string(), hash: z.string(), state: z.string(), already: z.boolean() });

export const outcomesSchema = z.object({
  run: z.string(),
  part: z.number().int(),
  parts: z.number().int(),
  outcomes: z.array(
    z.object({
      profile: z.string(),
      op: z.enum(['add', 'remove']),
      status: z.string(),
      code: z.string().optional(),
      at: z.string(),
      consent: loose.optional(),
    }),
  ),
});

export const alertSchema = z
  .object({
    kind: z.string(),
    subject: z.string(),
    says: z.string(),
    todo: z.string(),
    since: z.string(),
    run: z.string().optional(),
  })
  .register(described, { id: 'Alert' });

export const publishedSchema = z.object({ version: z.string(), changed: z.boolean() });
