import * as z from 'zod';
import { roles } from '../../domain/role.ts';

export const callerSchema = z.object({
  by: z.string().nullable(),
  role: z.enum(roles),
  /** Operations as the document writes them: `POST /api/push`. */
  may: z.array(z.string()),
});

const costPart = z.object({
  lines: z.array(
    z.object({
      stage: z.string(),
      what: z.string(),
      quantity: z.number(),
      dollars: z.number(),
      basis: z.enum(['counted', 'measured', 'designed']),
    }),
  ),
  dollars: z.number(),
});

export const costSchema = z.object({
  prices: z.object({ region: z.string(), date: z.string() }),
  idle: costPart.extend({ lessFree: z.number() }),
  activities: costPart.extend({ of: z.number().int() }),
  push: costPart.extend({ people: z.number().int(), changed: z.number().int() }),
});

export const examinationSchema = z.object({
  workspace: z.string(),
  at: z.string(),
  release: z.string(),
  published: z.string().nullable(),
  deployed: z.string().nullable(),
  checks: z.array(
    z.object({
      id: z.string(),
      of: z.string().nullable(),
      status: z.enum(['ok', 'warn', 'fail', 'not-checked']),
      found: z.string(),
      expected: z.string(),
      do: z.string().nullable(),
      docs: z.string(),
    }),
  ),
});

export const askedToSignInSchema = z.object({ at: z.string(), asked: z.array(z.string()) });
