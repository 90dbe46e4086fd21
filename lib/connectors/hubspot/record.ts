import * as z from 'zod';
import type { JsonObject } from '../../domain/json.ts';
import type { Schema } from '../contract.ts';

export const recordId = z.string().regex(/^\d+$/, 'expected the number of a record');

/** Every value of HubSpot is a text, or null where it is empty. A property that does not exist is left out. */
export const properties = z.record(z.string(), z.string().nullable());

/** A contact or company, with what the stream added to it; fields that we do not name pass as they are. */
export const objectRecord = z.looseObject({
  id: recordId,
  properties,
  archived: z.boolean().optional(),
  archivedAt: z.string().nullish(),
  company: recordId.nullish(),
}) as unknown as Schema<JsonObject>;
