import type { Change } from '../domain/change.ts';
import { isJsonObject, type Json } from '../domain/json.ts';
import { parseChange } from '../domain/parse-change.ts';
import { connectionOf } from '../domain/profile.ts';
import type { PersonChange } from './gather.ts';
import type { Clock, Log, ProfileStore, Queue, StateStore } from './ports.ts';
import type { Resolved, Work } from './resolve-profile.ts';
import { quarantine } from './sync-stream.ts';
import { markFolded } from './sync-run.ts';

export interface WorkDeps {
  readonly state: StateStore;
  readonly profiles: ProfileStore;
  readonly recompute: Queue;
  readonly clock: Clock;
  readonly log: Log;
  readonly resolve: (batch: readonly Work[]) => Promise<Resolved>;
}

const IDS_IN_MESSAGE = 250;
const NOTHING: Work = { changes: [], profiles: [], accounts: [] };

/**
 * Does the messages of the changes and the recompute queue: reads them, resolves them together, marks the numbered ones
 * as folded. Returns the positions that must come again. A change that cannot be read is quarantined, its neighbours go on.
 */
export function doWork(deps: WorkDeps) {
  return async function work(bodies: readonly Json[], signal: AbortSignal): Promise<ReadonlySet<number>> {
    const batch: Work[] = [];
    for (const body of bodies) {
      const scan = isJsonObject(body) ? body.scan : undefined;
      if (isJsonObject(scan)) await scanPart(deps, Number(scan.part), Number(scan.of), signal);
      batch.push(await readWork(deps, body));
    }
    const { failed } = await deps.resolve(batch);
    const folded = new Map<string, number[]>();
    for (const [at, body] of bodies.entries()) {
      if (failed.has(at) || !isJsonObject(body) || !isJsonObject(body.run)) continue;
      const id = String(body.run.id);
      folded.set(id, [...(folded.get(id) ?? []), Number(body.run.number)]);
    }
    const now = deps.clock.now().getTime();
    for (const [run, numbers] of folded) await markFolded(deps.state, run, numbers, now);
    return failed;
  };
}

async function readWork(deps: WorkDeps, body: Json): Promise<Work> {
  if (!isJsonObject(body)) return NOTHING;
  const changes: Change[] = [];
  const rejected = [];
  for (const record of Array.isArray(body.changes) ? body.changes : []) {
    const parsed = parseChange(record);
    if (parsed.ok) changes.push(parsed.change);
    else rejected.push({ code: parsed.code, reason: parsed.reason, record });
  }
  const connection = typeof body.connection === 'string' ? body.connection : 'unknown';
  const stamp = `${deps.clock.now().toISOString()}#${deps.clock.random().toString(36).slice(2)}`;
  await quarantine(deps, connection, 'changes', stamp, rejected);
  return {
    changes,
    profiles: Array.isArray(body.profiles) ? body.profiles.map(String) : [],
    accounts: typeof body.account === 'string' ? [body.account] : [],
  };
}

/** Keeps changes that would make a profile too large, named by their limit, and lets their neighbours go on. */
export function quarantineTooLarge(deps: Pick<WorkDeps, 'state' | 'clock'>) {
  return async function keep(changes: readonly PersonChange[]): Promise<void> {
    const stamp = `${deps.clock.now().toISOString()}#${deps.clock.random().toString(36).slice(2)}`;
    for (const change of changes) {
      const rejected = { code: 'profile/full', reason: 'the profile would be larger than 256 KB, or regrouping it would change more than 100 items at once', record: change };
      await quarantine(deps, connectionOf(change.fragment), 'changes', `${stamp}#${change.fragment}`, [rejected]);
    }
  };
}

/** Asks for everybody in one part of the table, some hundreds to a message. */
async function scanPart(deps: WorkDeps, part: number, of: number, signal: AbortSignal): Promise<void> {
  for await (const ids of deps.profiles.scan(part, of)) {
    const messages = [];
    for (let at = 0; at < ids.length; at += IDS_IN_MESSAGE) messages.push({ body: { profiles: ids.slice(at, at + IDS_IN_MESSAGE) } });
    await deps.recompute.send(messages);
    if (signal.aborted) throw new Error('time ran out in a scan; the part comes again from its start');
  }
}
