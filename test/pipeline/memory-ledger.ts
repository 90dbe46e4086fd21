import type { LedgerEntry } from '../../lib/domain/echo.ts';
import type { WriteLedger } from '../../lib/pipeline/ports.ts';

/** The write ledger's promises kept in memory, with what it holds and how often it was read. */
export function openMemoryLedger() {
  const entries = new Map<string, LedgerEntry>();
  const counts = { reads: 0 };
  const ledger: WriteLedger = {
    async read(keys) {
      counts.reads += 1;
      return new Map(keys.flatMap((key) => (entries.has(key) ? [[key, entries.get(key) as LedgerEntry]] : [])));
    },
    async put(list) {
      for (const entry of list) entries.set(entry.key, entry);
    },
    async erase(subjects) {
      const theirs = [...entries.values()].filter(({ subject = '' }) => subjects.includes(subject));
      for (const { key } of theirs) entries.delete(key);
      return theirs.length;
    },
  };
  return { ...ledger, entries, counts };
}
