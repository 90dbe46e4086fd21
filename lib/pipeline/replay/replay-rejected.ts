import type { ArchivedLine } from '../../connectors/contract.ts';
import { type AnyConnector, loadConnector } from '../../connectors/define.ts';
import type { Change } from '../../domain/change.ts';
import { TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import { parseChange } from '../../domain/parse-change.ts';
import { archiveKey, readingOf } from '../archive-hours.ts';
import { changesMessage } from '../changes-message.ts';
import { askedBy, newJobId } from '../jobs/job.ts';
import { beginJob, type JobStep, type LongJob, type RunJobDeps, type Worker } from '../jobs/run-job.ts';
import { pack } from '../pack.ts';
import type { StateDocument, StateStore } from '../ports.ts';
import { dropEchoes } from '../push/write-ledger.ts';
import { keptUntil, QUARANTINE_KEPT_MS, quarantineKind } from '../quarantine.ts';
import { isFolded } from '../sync/sync-run.ts';
import type { ReplayDeps } from './replay.ts';
import { asWhole, wholeInWindow } from './whole-records.ts';

/** Which records of a connection's quarantine: some by id, or all that were refused by a code, and a reason. */
export type Selection =
  | { readonly ids: readonly string[] }
  | { readonly code: string; readonly stream?: string | undefined; readonly reason?: string | undefined };

/** How reading quarantined records again goes. */
export interface RejectedPart {
  readonly connection: string;
  /** Records that were looked at: each became changes (`used`), is refused as before, or cannot be read by itself. */
  readonly records: number;
  readonly used: number;
  readonly refused: number;
  readonly unreadable: number;
  readonly changes: number;
}

export interface RejectedJob extends LongJob {
  readonly what: 'replay-rejected';
  readonly selection: Selection;
  readonly parts: readonly [RejectedPart];
  /** The last record that was looked at: they come from the newest id on. */
  readonly after?: string;
  /** Nothing is left to look at. */
  readonly read: boolean;
  readonly sent: number;
  /** Records whose changes are sent and which are still in quarantine. */
  readonly usedUp: readonly string[];
}

const IN_STEP = 50;
const MOST_IDS = 100;
const LOOK_AGAIN_SECONDS = 5;

/** Asks for records in quarantine to be read again. Throws `api/bad-body` for no records, or too many by name. */
export async function startReplayRejected(
  deps: Pick<RunJobDeps, 'state' | 'jobs' | 'clock'>,
  connection: string,
  selection: Selection,
  by?: string,
): Promise<string> {
  if ('ids' in selection && (selection.ids.length === 0 || selection.ids.length > MOST_IDS)) {
    throw new TributaryError('rejected', 'api/bad-body', `ids: expected 1 to ${MOST_IDS}`);
  }
  const id = newJobId('replay-rejected', deps.clock);
  await beginJob<RejectedJob>(deps, id, {
    what: 'replay-rejected',
    state: 'running',
    over: false,
    startedAt: formatInstant(deps.clock.now().getTime()),
    ...askedBy(by),
    selection,
    parts: [{ connection, records: 0, used: 0, refused: 0, unreadable: 0, changes: 0 }],
    read: false,
    sent: 0,
    usedUp: [],
  });
  return id;
}

/**
 * Maps quarantined records with the mappings as they are now, some a step, as if their tool told them today: what can be
 * used goes to the archive, then to the changes queue, and leaves the quarantine in the next step. What is refused stays,
 * with its reason of today. Dying in between sends the same again, which is folded once.
 */
export function replayRejected(deps: ReplayDeps): Worker<RejectedJob> {
  return async function step(id, job): Promise<JobStep<RejectedJob>> {
    const [part] = job.parts;
    const kind = quarantineKind(part.connection);
    for (const one of job.usedUp) await deps.state.remove(kind, one);
    if (job.read) {
      const done = await isFolded(deps.state, { id, sent: { 0: job.sent } });
      if (!done) return { job: { ...job, usedUp: [] }, waitSeconds: LOOK_AGAIN_SECONDS };
      return { job: { ...job, usedUp: [], state: 'finished', over: true } };
    }
    const { documents, after } = await nextOf(deps.state, kind, job);
    const wanted = documents.filter(({ body }) => isWanted(body, job.selection));
    let next: RejectedJob = { ...job, usedUp: [] };
    for (const [stream, records] of byStream(wanted)) next = await readAgain(deps, id, next, stream, records);
    return { job: { ...next, ...(after === undefined ? { read: true } : { after }) } };
  };
}

/** Documents to look at; `after` undefined = there are no more. */
async function nextOf(state: StateStore, kind: string, { selection, after }: RejectedJob) {
  if ('ids' in selection) {
    const found = await Promise.all(selection.ids.map((one) => state.get(kind, one)));
    return { documents: found.filter((one) => one !== undefined), after: undefined };
  }
  const documents = await state.list(kind, { most: IN_STEP, ...(after === undefined ? {} : { after }) });
  return { documents, after: documents.length < IN_STEP ? undefined : documents.at(-1)?.id };
}

function isWanted({ code, reason, stream }: JsonObject, selection: Selection): boolean {
  if ('ids' in selection) return true;
  const { code: asked, reason: why = reason, stream: of = stream } = selection;
  return code === asked && reason === why && stream === of;
}

function byStream(documents: readonly StateDocument[]): ReadonlyMap<string, readonly StateDocument[]> {
  const found = new Map<string, StateDocument[]>();
  for (const one of documents) {
    const stream = String(one.body.stream);
    found.set(stream, [...(found.get(stream) ?? []), one]);
  }
  return found;
}

/** What one quarantined record means now. */
type Meaning =
  | { readonly is: 'used'; readonly changes: readonly Change[]; readonly line: ArchivedLine }
  | { readonly is: 'refused'; readonly code: string; readonly reason: string }
  | { readonly is: 'unreadable' };

async function readAgain(
  deps: ReplayDeps,
  id: string,
  job: RejectedJob,
  stream: string,
  documents: readonly StateDocument[],
): Promise<RejectedJob> {
  const [part] = job.parts;
  const { connection } = part;
  const definitions = await deps.definitions();
  const definition = definitions.connections[connection];
  const connector = await loadConnector(deps.connectors, definition?.connector ?? '');
  const config = connector?.config.safeParse(definition?.config);
  const read = connector === undefined || config?.success !== true ? undefined : { connector, config: config.data };
  const meanings = documents.map((one) => ({ one, meaning: meaningOf(read, connection, stream, one.body) }));
  const used = meanings.flatMap(({ one, meaning }) => (meaning.is === 'used' ? [{ id: one.id, ...meaning }] : []));
  let sent = job.sent;
  let changes = 0;
  if (used.length > 0) {
    const now = deps.clock.now();
    await deps.archive.put(
      archiveKey(`pages/${connection}/${stream}`, now, `${id}-${job.sent}`),
      used.map(({ line }) => line),
    );
    const told = { echoes: read?.connector.echoes, config: read?.config };
    const heard = await dropEchoes(
      deps,
      definitions,
      connection,
      told,
      used.flatMap((one) => one.changes),
    );
    const whole = await wholeInWindow(deps.state, connection, read?.connector ?? { streams: [] });
    const { groups } = pack(heard.changes.map((change) => asWhole(change, whole)));
    await deps.changes.send(
      groups.map((group, at) =>
        changesMessage({
          origin: 'replay',
          connection,
          changes: group,
          read: readingOf(stream, now),
          run: { id, number: sent + at },
        }),
      ),
    );
    sent += groups.length;
    changes = heard.changes.length;
  }
  for (const { one, meaning } of meanings) if (meaning.is === 'refused') await tellWhy(deps, connection, one, meaning);
  const counted = (what: Meaning['is']) => meanings.filter(({ meaning }) => meaning.is === what).length;
  return {
    ...job,
    sent,
    usedUp: [...job.usedUp, ...used.map((one) => one.id)],
    parts: [
      {
        connection,
        records: part.records + documents.length,
        used: part.used + used.length,
        refused: part.refused + counted('refused'),
        unreadable: part.unreadable + counted('unreadable'),
        changes: part.changes + changes,
      },
    ],
  };
}

function meaningOf(
  read: { readonly connector: AnyConnector; readonly config: unknown } | undefined,
  connection: string,
  stream: string,
  { record, mapping }: JsonObject,
): Meaning {
  // What was refused as a change is one: it goes on as it is.
  const parsed = parseChange(record);
  if (parsed.ok) return asUsed([parsed.change], { of: subjectOf(parsed.change), change: parsed.change });
  if (stream === 'changes') return { is: 'refused', code: parsed.code, reason: parsed.reason };
  const known = read?.connector.streams.find(({ name }) => name === stream);
  const name = typeof mapping === 'string' ? mapping : onlyOf(Object.keys(known?.mappings ?? {}));
  if (read === undefined || known === undefined || name === undefined) return { is: 'unreadable' };
  const { changes, rejected } = known.remap([{ mapping: name, record }], connection, read.config);
  const [refused] = rejected;
  if (refused !== undefined) return { is: 'refused', code: refused.code, reason: refused.reason };
  const [first] = changes;
  return asUsed(changes, { ...(first === undefined ? {} : { of: subjectOf(first) }), mapping: name, record });
}

/** A change that no message can carry is refused as it was. */
function asUsed(changes: readonly Change[], line: ArchivedLine): Meaning {
  const [tooLarge] = pack(changes).tooLarge;
  if (tooLarge !== undefined) return { is: 'refused', code: tooLarge.code, reason: tooLarge.reason };
  return { is: 'used', changes, line };
}

/** Writes down why a record is refused now. Whoever wrote in between read it too. */
async function tellWhy(
  { state, clock }: Pick<ReplayDeps, 'state' | 'clock'>,
  connection: string,
  { id, version, body }: StateDocument,
  { code, reason }: { readonly code: string; readonly reason: string },
): Promise<void> {
  if (body.code === code && body.reason === reason) return;
  const expiresAt = keptUntil(body.at) ?? clock.now().getTime() + QUARANTINE_KEPT_MS;
  await state.put(quarantineKind(connection), id, { ...body, code, reason }, version, { expiresAt });
}

function subjectOf(change: Change): string {
  return change.kind === 'account' ? change.account : change.fragment;
}

function onlyOf(names: readonly string[]): string | undefined {
  return names.length === 1 ? names[0] : undefined;
}

/** A selection as it is asked for: `ids`, or `code` with what narrows it. Undefined when it is neither. */
export function readSelection(asked: {
  readonly ids?: readonly string[] | undefined;
  readonly code?: string | undefined;
  readonly stream?: string | undefined;
  readonly reason?: string | undefined;
}): Selection | undefined {
  const { ids, code, stream, reason } = asked;
  if ((ids === undefined) === (code === undefined)) return undefined;
  return ids === undefined ? { code: code ?? '', stream, reason } : { ids };
}
