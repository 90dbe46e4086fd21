import { isJsonObject } from '../../domain/json.ts';
import type { HubspotApi } from './client.ts';
import { ASSOCIATION_BATCH } from './manifest.ts';

export interface Associated {
  readonly id: string;
  readonly primary: boolean;
}

/** Records of another kind that belong to each of these, by id, in the order of their ids; absent = none. */
export async function associatedWith(
  api: HubspotApi,
  from: string,
  to: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly Associated[]>> {
  const found = new Map<string, Associated[]>();
  let waiting: { readonly id: string; readonly after?: string }[] = ids.map((id) => ({ id }));
  while (waiting.length > 0) {
    const { results } = await api.readAssociations(from, to, waiting.slice(0, ASSOCIATION_BATCH));
    waiting = waiting.slice(ASSOCIATION_BATCH);
    for (const one of results) {
      const more = one.to.map(({ toObjectId, associationTypes }) => ({
        id: toObjectId,
        primary: associationTypes.some(({ label }) => label === 'Primary'),
      }));
      found.set(one.from.id, [...(found.get(one.from.id) ?? []), ...more]);
      // More than 500 of one record come in pages of their own.
      const after = one.paging?.next?.after;
      if (after !== undefined) waiting.push({ id: one.from.id, after });
    }
  }
  for (const list of found.values()) list.sort((a, b) => Number(a.id) - Number(b.id));
  return found;
}

export function idOf(record: unknown): string | undefined {
  return isJsonObject(record) && typeof record.id === 'string' ? record.id : undefined;
}

export function idsOf(records: readonly unknown[]): string[] {
  return records.map(idOf).filter((id) => id !== undefined);
}
