import { createHash } from 'node:crypto';
import { canonicalText } from '../domain/canonical.ts';
import { connectionOf, type FragmentId, type Rejection } from '../domain/change.ts';
import { formatInstant } from '../domain/instant.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Clock, StateStore } from './ports.ts';

export const QUARANTINE_KEPT_MS = 90 * 24 * 3_600_000;
/** Bytes of a record that fits a row of `state` (400 KB) with what is written beside it. */
const MOST_BYTES = 350_000;

/** Where records of somebody may be quarantined: at connections, present or former, and at what is no connection. */
export function quarantineSources(
  connections: Readonly<Record<string, unknown>>,
  fragments: readonly FragmentId[],
): readonly string[] {
  return [...new Set([...Object.keys(connections), ...fragments.map(connectionOf), 'web', 'unknown'])];
}

/** A name made of what is rejected, for what no run or delivery names: what comes again as it came is kept once. */
export function contentName(rejected: readonly Pick<Rejection, 'code' | 'record'>[]): string {
  const told = rejected.map(({ code, record }) => ({ code, record: (record ?? null) as Json }));
  return createHash('sha256').update(canonicalText(told)).digest('hex').slice(0, 32);
}

/**
 * Keeps rejected records for a person to look at, with their reason. One that is too large for a row is kept by its size
 * alone: the page that it came on is in the archive.
 */
export async function quarantine(
  deps: { readonly state: StateStore; readonly clock: Clock },
  connection: string,
  stream: string,
  prefix: string,
  rejected: readonly Rejection[],
): Promise<void> {
  const now = deps.clock.now().getTime();
  const at = formatInstant(now);
  for (const [number, { code, reason, record, mapping }] of rejected.entries()) {
    const bytes = Buffer.byteLength(JSON.stringify(record) ?? '');
    const kept = bytes > MOST_BYTES ? { tooLargeToKeep: true, bytes } : (record as Json);
    const through = mapping === undefined ? {} : { mapping };
    const body = { connection, stream, code, reason, at, ...through, record: kept } satisfies JsonObject;
    const options = { expiresAt: now + QUARANTINE_KEPT_MS };
    await deps.state.put(quarantineKind(connection), `${prefix}#${number}`, body, 0, options);
  }
}

/** Until when a record is kept that was quarantined at an instant; former releases did not write one. */
export function keptUntil(at: Json | undefined): number | undefined {
  const since = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  return Number.isNaN(since) ? undefined : since + QUARANTINE_KEPT_MS;
}

/** The kind under which a connection's quarantined records are kept in `state`. */
export function quarantineKind(connection: string): string {
  return `quarantine#${connection}`;
}
