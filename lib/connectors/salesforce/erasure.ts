import type { Erasure, ErasureVerdict } from '../contract-erasure.ts';
import type { SalesforceApi } from './client.ts';
import { COLLECTION, readResults } from './collection-results.ts';
import { fullId, objectOf } from './ids.ts';

/** How long a deleted record lies in the recycle bin (Salesforce help, "View, restore and manage the recycle bin"). */
const RECYCLE_BIN_MS = 15 * 24 * 3_600_000;

/** Codes of a record that is in the recycle bin, of one that is not there at all, and of one that is locked for the moment. */
const DELETED = 'ENTITY_IS_DELETED';
const UNKNOWN = new Set(['INVALID_CROSS_REFERENCE_KEY', 'NOT_FOUND']);
const PASSING = new Set(['UNABLE_TO_LOCK_ROW', 'SERVER_UNAVAILABLE']);

/**
 * Deletes contacts and leads that we know by id; their campaign members go with them. Never by address, because several
 * people's contacts may state one. A CRM is often the record of contracts that must be kept, so this has to be asked for:
 * by default people are taken off campaigns, and the record is deleted there by hand.
 */
export const erasure: Erasure<SalesforceApi> = {
  byDefault: 'remove',
  async erase(api, { records, keys }) {
    const before = api.calls();
    const told = keys.filter(({ type }) => type.startsWith('salesforce.')).map(({ value }) => value);
    const ids = [...new Set([...records.map(({ id }) => id), ...told].flatMap((id) => personId(id) ?? []))];
    const codes: string[] = [];
    let deleted = 0;
    for (let start = 0; start < ids.length; start += COLLECTION) {
      const part = ids.slice(start, start + COLLECTION);
      const path = `/composite/sobjects?ids=${part.join(',')}&allOrNone=false`;
      const results = readResults(await api.send('DELETE', path), part.length);
      if (results.length === 0) codes.push('SERVER_UNAVAILABLE');
      deleted += results.filter(({ success }) => success).length;
      codes.push(...results.flatMap(({ success, errors }) => (success ? [] : [errors[0]?.statusCode ?? 'UNKNOWN'])));
    }
    return { ...verdictOf(deleted, codes), deleted, calls: api.calls() - before };
  },
};

function verdictOf(deleted: number, codes: readonly string[]): ErasureVerdict {
  const busy = codes.find((code) => PASSING.has(code));
  if (busy !== undefined) return { state: 'retry', code: spelled(busy) };
  const refused = codes.find((code) => code !== DELETED && !UNKNOWN.has(code));
  if (refused !== undefined) {
    return {
      state: 'impossible',
      note: `Salesforce refuses to delete a record (${spelled(refused)}); delete it there`,
    };
  }
  if (deleted === 0 && !codes.includes(DELETED)) {
    return { state: 'confirmed', note: 'the org has no contact or lead that is known to be theirs' };
  }
  return { state: 'pending', withinMs: RECYCLE_BIN_MS, note: 'deleted; the recycle bin is emptied by Salesforce' };
}

function personId(id: string): string | undefined {
  const full = fullId(id);
  const object = full === undefined ? undefined : objectOf(full);
  return object === 'Contact' || object === 'Lead' ? full : undefined;
}

function spelled(code: string): string {
  return code.toLowerCase().replaceAll('_', '-');
}
