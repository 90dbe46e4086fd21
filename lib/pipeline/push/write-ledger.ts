import type { Echo, Write, WriteNotes } from '../../connectors/contract.ts';
import type { AnyConnector } from '../../connectors/define.ts';
import type { Change } from '../../domain/change.ts';
import type { Definitions } from '../../domain/definitions.ts';
import {
  askedEntry,
  isEdited,
  isOurs,
  type Kept,
  type LedgerEntry,
  ledgerKey,
  ledgerValue,
  madeEntry,
  spentEntry,
  withoutEcho,
} from '../../domain/echo.ts';
import type { IdentityKey } from '../../domain/identifier.ts';
import { type Milliseconds, parseInstant } from '../../domain/instant.ts';
import type { Clock, WriteLedger } from '../ports.ts';

export interface LedgerDeps {
  readonly ledger: WriteLedger;
  readonly key: () => Promise<IdentityKey>;
  readonly clock: Clock;
}

/** What is left of changes, and how many were ours, whole or in part. */
export interface Heard {
  readonly changes: readonly Change[];
  readonly echoes: number;
}

interface Candidate {
  readonly at: number;
  readonly changedAt: Milliseconds;
  readonly of: Echo['of'];
  readonly writes: readonly { readonly key: string; readonly value: string }[];
}

/** Notes of one connection for its connector: the intent before a call, what stands because of us after it. */
export function openNotes(deps: LedgerDeps, connection: string, kept: Kept): WriteNotes {
  const hashed = async (writes: readonly Write[]) => {
    const key = await deps.key();
    return writes.map((write) => ({ ...hashOf(connection, write, key), ...subjectOf(write) }));
  };
  return {
    async asked(writes) {
      if (writes.length === 0) return;
      const wanted = await hashed(writes);
      const now = deps.clock.now().getTime();
      const held = await deps.ledger.read(wanted.map(({ key }) => key));
      // The first time we asked is what counts: a second try must not make the first one's effect a stranger's.
      const fresh = wanted.filter(({ key, value }) => {
        const before = held.get(key);
        return before === undefined || !isOurs(before, value, now, now);
      });
      await deps.ledger.put(
        fresh.map(({ key, value, ...subject }) => ({
          ...askedEntry(key, value, now, kept, held.get(key)),
          ...subject,
        })),
      );
    },
    async made(writes) {
      if (writes.length === 0) return;
      const wanted = await hashed(writes);
      const held = await deps.ledger.read(wanted.map(({ key }) => key));
      const now = deps.clock.now().getTime();
      await deps.ledger.put(
        wanted.map(({ key, value, ...subject }) => ({
          ...madeEntry(key, value, now, kept, held.get(key)),
          ...subject,
        })),
      );
    },
  };
}

/**
 * Takes out of changes what our own pushes wrote: one look-up for all of them, none where nothing could be ours. A change
 * that comes twice is dropped twice. A different value in a field that we wrote is somebody's edit: it passes, and so
 * does whatever the field holds from then on. `config` are the connection's checked settings.
 */
export async function dropEchoes(
  deps: LedgerDeps,
  definitions: Definitions,
  connection: string,
  { echoes, config }: { readonly echoes: AnyConnector['echoes'] | undefined; readonly config: unknown },
  changes: readonly Change[],
): Promise<Heard> {
  const targets = definitions.audiences.flatMap((one) => (one.connection === connection ? [one.target] : []));
  if (echoes === undefined || targets.length === 0 || changes.length === 0) return { changes, echoes: 0 };
  const found = changes.map((change) => echoes(change, { config, targets }));
  if (found.every((list) => list.length === 0)) return { changes, echoes: 0 };
  const candidates = candidatesOf(connection, changes, found, await deps.key());
  const held = await deps.ledger.read([...new Set(candidates.flatMap(({ writes }) => writes.map(({ key }) => key)))]);
  const now = deps.clock.now().getTime();
  const left = new Map<number, Change | undefined>();
  const spent: LedgerEntry[] = [];
  for (const { at, changedAt, of, writes } of candidates) {
    const entries = writes.flatMap(({ key, value }) => {
      const entry = held.get(key);
      return entry === undefined ? [] : [{ entry, value }];
    });
    if (entries.some(({ entry, value }) => isOurs(entry, value, changedAt, now))) {
      const change = left.has(at) ? left.get(at) : changes[at];
      left.set(at, change === undefined ? undefined : withoutEcho(change, of));
    } else if (of !== 'change' && of.element === undefined) {
      for (const { entry } of entries) if (isEdited(entry, changedAt)) spent.push(spentEntry(entry));
    }
  }
  await deps.ledger.put(spent);
  const kept = changes.map((change, at) => (left.has(at) ? left.get(at) : change));
  return { changes: kept.filter((change) => change !== undefined), echoes: left.size };
}

function candidatesOf(
  connection: string,
  changes: readonly Change[],
  found: readonly (readonly Echo[])[],
  key: IdentityKey,
): Candidate[] {
  return found.flatMap((echoes, at) => {
    const changedAt = parseInstant(changes[at]?.at);
    if (changedAt === undefined) return [];
    return echoes.map(({ writes, of }) => ({
      at,
      changedAt,
      of,
      writes: writes.map((write) => hashOf(connection, write, key)),
    }));
  });
}

function subjectOf({ member }: Write): { readonly subject?: string } {
  return member === undefined ? {} : { subject: member };
}

function hashOf(connection: string, { object, id, field, value }: Write, key: IdentityKey) {
  const of = ledgerKey({ connection, object, id, field }, key);
  return { key: of, value: ledgerValue(of, value, key) };
}
