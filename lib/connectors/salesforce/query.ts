import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { SalesforceApi } from './client.ts';

const queryResult = z.object({
  done: z.boolean(),
  nextRecordsUrl: z.string().optional(),
  records: z.array(z.custom<JsonObject>((value) => typeof value === 'object' && value !== null)),
});

/**
 * All records of a query, deleted and archived ones too if `deleted`. Salesforce may hand out fewer at a time than the
 * query's own LIMIT, so further pages are followed; keep LIMIT small enough for memory.
 */
export async function queryAll(api: SalesforceApi, soql: string, options = { deleted: true }): Promise<JsonObject[]> {
  const records: JsonObject[] = [];
  let path: string | undefined = `/${options.deleted ? 'queryAll' : 'query'}?q=${encodeURIComponent(soql)}`;
  while (path !== undefined) {
    const parsed = queryResult.safeParse(await api.get(path));
    if (!parsed.success) {
      throw new TributaryError(
        'transient',
        'salesforce/unreadable-answer',
        'Salesforce answered a query with something else than records',
      );
    }
    records.push(...parsed.data.records);
    path = parsed.data.done ? undefined : parsed.data.nextRecordsUrl;
  }
  return records;
}
