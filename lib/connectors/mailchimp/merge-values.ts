import * as z from 'zod';
import type { JsonObject } from '../../domain/json.ts';

/** What a member's merge fields hold, by tag. The vendor writes an object without fields as a list. */
export const mergeValues = z
  .union([z.record(z.string(), z.json()), z.array(z.never())])
  .default({})
  .transform((fields): JsonObject => (Array.isArray(fields) ? {} : fields));
