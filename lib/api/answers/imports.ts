import * as z from 'zod';
import { loose } from './parts.ts';

export const settingsSchema = z.object({
  connection: z.string(),
  connector: z.string(),
  stream: z.string(),
  settings: loose,
});

export const importSchema = z.object({
  import: z.string(),
  at: z.string(),
  done: z.array(z.number().int()),
  ended: z.boolean(),
});

export const takenSchema = z.object({
  changes: z.number().int(),
  rejected: z.array(z.object({ line: z.number().int(), code: z.string(), reason: z.string() })),
});

export const sampleSchema = z.array(
  z.object({
    record: z.unknown(),
    mapping: z.string().optional(),
    changes: z.array(loose),
    rejected: z.array(z.object({ code: z.string(), reason: z.string() })),
  }),
);
