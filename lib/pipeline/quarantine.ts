import { createHash } from 'node:crypto';
import { canonicalText } from '../domain/canonical.ts';
import { connectionOf, type FragmentId, type Rejection } from '../domain/change.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Clock, StateStore } from './ports.ts';

const KEPT_MS = 90 * 24 * 3_600_000;
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
  const expiresAt = deps.clock.now().getTime() + KEPT_MS;
  for (const [at, { code, reason, record }] of rejected.entries()) {
    const bytes = Buffer.byteLength(JSON.stringify(record) ?? '');
    const kept = bytes > MOST_BYTES ? { tooLargeToKeep: true, bytes } : (record as Json);
    const body = { connection, stream, code, reason, record: kept } satisfies JsonObject;
    await deps.state.put(`quarantine#${connection}`, `${prefix}#${at}`, body, 0, { expiresAt });
  }
}
