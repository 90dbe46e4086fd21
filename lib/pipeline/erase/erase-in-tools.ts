import type { ErasureAnswer } from '../../connectors/contract-erasure.ts';
import type { Identifier } from '../../domain/change.ts';
import { asTributaryError, dispositions, TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import { closeAlerts, raiseAlert } from '../alerts.ts';
import { withCalls } from '../call-meter.ts';
import { openConnection } from '../connections.ts';
import { delayOf } from '../delay.ts';
import type { ActivateDeps } from '../push/push-work.ts';
import { LEASE_MS } from '../run-list.ts';
import { LEFT_THERE } from './erase-audience-rows.ts';
import {
  type Errand,
  endErrand,
  erasureRuleOf,
  type HeldErrand,
  readErrand,
  saveErrand,
  toolPlace,
} from './erased-keys.ts';
import { amendReceipt, type ErasedPlace, withPlaces } from './erasure-receipt.ts';
import { type AskedTool, notYet, takeOffLists } from './take-off-lists.ts';
import { openOwners } from './what-is-theirs.ts';

/** What a message of the push queue asks for an erasure: one receipt, one tool. */
export interface EraseCommand {
  readonly erase: string;
  readonly connection: string;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const LONGEST_WAIT_MS = 6 * 60 * MINUTE_MS;
/** A tool that gives no answer for so long gives none. */
const PATIENCE_MS = 30 * DAY_MS;

/** What a tool came to say, or that it has to be asked again. */
type Came = Pick<ErasedPlace, 'note' | 'until'> & { readonly state: ErasedPlace['state']; readonly deleted: number };

/**
 * Asks a tool to erase a person: off every list that it was told them for, then by its own deletion where the workspace
 * says so. All of it may be done twice. Failures come again by their kind, for a month; each answer is in the receipt.
 */
export function eraseInTools(deps: ActivateDeps) {
  return async function erase(command: EraseCommand, signal: AbortSignal): Promise<void> {
    const { erase: receipt, connection } = command;
    for (;;) {
      const held = await readErrand(deps.state, receipt, connection);
      const now = deps.clock.now().getTime();
      if (held === undefined) return;
      // The message outlives whoever holds the errand, as those of runs do.
      const busy = Math.max(held.errand.leaseUntil, held.errand.notBefore) - now;
      if (busy > 0) return comeAgain(deps, command, busy);
      const taken = await saveErrand(deps.state, held, { leaseUntil: now + LEASE_MS });
      if (taken === undefined) continue;
      let came: Came;
      let jobs: Errand['jobs'] = {};
      try {
        came = await askTool(deps, taken.errand, signal, (running) => {
          jobs = running;
        });
      } catch (thrown) {
        return postpone(deps, command, { ...taken, errand: { ...taken.errand, jobs } }, asTributaryError(thrown));
      }
      if (await conclude(deps, taken, came)) return;
    }
  };
}

async function comeAgain(deps: ActivateDeps, command: EraseCommand, waitMs: number): Promise<void> {
  await deps.push.send([{ body: { ...command }, ...delayOf(waitMs / 1_000) }]);
}

/** Writes the answer down, then lets go of the keys. False when more was added meanwhile. */
async function conclude(deps: ActivateDeps, held: HeldErrand, { deleted, ...came }: Came): Promise<boolean> {
  const { receipt, connection } = held.errand;
  const at = formatInstant(deps.clock.now().getTime());
  await amend(deps, receipt, { place: toolPlace(connection), at, count: deleted, ...came });
  await closeAlerts(deps, alertSubject(connection), ['failed']);
  deps.log('erased in a tool', { receipt, connection, state: came.state, deleted });
  if (await endErrand(deps, held)) return true;
  const again = await readErrand(deps.state, receipt, connection);
  if (again !== undefined) await saveErrand(deps.state, again, { leaseUntil: 0 });
  return false;
}

async function postpone(
  deps: ActivateDeps,
  command: EraseCommand,
  held: HeldErrand,
  failure: TributaryError,
): Promise<void> {
  const { receipt, connection, since, tries } = held.errand;
  const { kind, code, message } = failure;
  const now = deps.clock.now().getTime();
  deps.log('a tool did not erase', { receipt, connection, kind, code, reason: message, tries: tries + 1 });
  const place = { place: toolPlace(connection), at: formatInstant(now) };
  if (kind === 'rejected' || now - since > PATIENCE_MS) {
    const note = `the tool gave no answer that helps (${code}); erase there by hand`;
    await amend(deps, receipt, { ...place, state: 'impossible', note });
    await endErrand(deps, held);
    return;
  }
  if (dispositions[kind].actor !== 'nobody') {
    await raiseAlert(deps, {
      kind: 'failed',
      subject: alertSubject(connection),
      says: `people who were erased are still in ${connection}: ${code}`,
      todo: 'correct what the code says, see docs/errors.md; it is tried again by itself for 30 days',
      endsAfterMs: PATIENCE_MS,
    });
  }
  const waitMs = waitAfter(failure, tries);
  const again = formatInstant(now + waitMs);
  await amend(deps, receipt, {
    ...place,
    state: 'pending',
    note: `asked ${tries + 1} times; ${code}; again at ${again}`,
  });
  const next = { tries: tries + 1, notBefore: now + waitMs, leaseUntil: 0 };
  // Whoever added to it meanwhile is asked for with it.
  const saved = await saveErrand(deps.state, held, next);
  if (saved === undefined) {
    const newer = await readErrand(deps.state, receipt, connection);
    if (newer !== undefined) await saveErrand(deps.state, newer, next);
  }
  await comeAgain(deps, command, waitMs);
}

function alertSubject(connection: string): string {
  return `erasure in ${connection}`;
}

function waitAfter({ kind, retryAfterMs }: TributaryError, tries: number): number {
  if (kind === 'rate-limited') return Math.min(Math.max(1_000, retryAfterMs ?? MINUTE_MS), DAY_MS);
  if (dispositions[kind].actor !== 'nobody') return LONGEST_WAIT_MS;
  return Math.min(LONGEST_WAIT_MS, MINUTE_MS * 2 ** Math.min(tries, 10));
}

/** Who is asked again after a death says that nobody is there: what was deleted before stays in the receipt. */
async function amend(deps: ActivateDeps, receipt: string, place: ErasedPlace): Promise<void> {
  await amendReceipt(deps.state, receipt, (before) => {
    if (before === undefined) throw new TypeError('a receipt is kept for ever');
    const counted = before.places.find((one) => one.place === place.place)?.count ?? 0;
    return withPlaces(before, [{ ...place, count: Math.max(counted, place.count ?? 0) }]);
  });
}

type Running = (jobs: NonNullable<Errand['jobs']>) => void;

/** Throws what has to come again; `running` hears of jobs to be asked after then. */
async function askTool(deps: ActivateDeps, errand: Errand, signal: AbortSignal, running: Running): Promise<Came> {
  const { connections } = await deps.definitions();
  const definition = connections[errand.connection];
  if (definition === undefined) {
    return { state: 'impossible', deleted: 0, note: 'no connection is called so any more; erase there by hand' };
  }
  const rule = erasureRuleOf(definition);
  if (rule === 'leave') return { state: 'impossible', deleted: 0, note: LEFT_THERE };
  const connection = await openConnection(deps, errand.connection);
  const theirs = await stillTheirs(deps, errand);
  const held = theirs.records.length + Object.values(theirs.lists).flat().length;
  if (held === 0 && errand.records.length + Object.keys(errand.lists).length > 0) {
    return { state: 'confirmed', deleted: 0, note: 'what the tool was told is somebody’s who is known by now' };
  }
  const holder = `erase/${errand.receipt}/${errand.connection}`;
  return withCalls(deps, connection, { holder, use: 'remove' }, async (calls) => {
    const tool = { connection, api: await connection.connect(signal, calls), calls };
    return eraseThere(deps, { rule, tool, errand, theirs, running });
  });
}

async function eraseThere(
  deps: ActivateDeps,
  given: {
    readonly rule: 'remove' | 'delete';
    readonly tool: AskedTool;
    readonly errand: Errand;
    readonly theirs: Pick<Errand, 'records' | 'lists'>;
    readonly running: Running;
  },
): Promise<Came> {
  const { rule, tool, errand, theirs, running } = given;
  const lists = await takeOffLists(deps, { ...errand, lists: theirs.lists }, tool);
  if (lists.jobs !== undefined) {
    running(lists.jobs);
    throw notYet('push/job-running');
  }
  const { erasure } = tool.connection.connector;
  if (rule === 'delete' && erasure !== undefined) {
    const told = Object.values(theirs.lists).flat();
    const person = { records: theirs.records.map(recordOf), keys: told.map(({ type, value }) => ({ type, value })) };
    return cameOf(deps, await tool.calls.whole(() => erasure.erase(tool.api, person)));
  }
  if (lists.refused !== undefined) {
    const message = `the tool does not take somebody off (${lists.refused})`;
    throw new TributaryError('rejected', 'erasure/refused', message);
  }
  const note = `taken off ${lists.off} of our lists`;
  if (theirs.records.length === 0) return { state: 'confirmed', deleted: 0, note };
  const reason = rule === 'delete' ? 'its connector cannot delete' : 'the record there is the source (erasure: remove)';
  return { state: 'impossible', deleted: 0, note: `${note}; ${reason}: delete it there` };
}

function cameOf(deps: ActivateDeps, answer: ErasureAnswer): Came {
  const { state, deleted } = answer;
  if (state === 'retry') throw notYet(answer.code);
  if (state !== 'pending') return { state, deleted, note: answer.note };
  return { state, deleted, note: answer.note, until: formatInstant(deps.clock.now().getTime() + answer.withinMs) };
}

function recordOf(fragment: string): { readonly kind: string; readonly id: string } {
  const [, kind = '', ...id] = fragment.split(':');
  return { kind, id: id.join(':') };
}

/** What the index still leads to the erased person: a record or an address that is somebody else's by now is left to them. */
async function stillTheirs(
  deps: ActivateDeps,
  { records, lists, profiles }: Errand,
): Promise<Pick<Errand, 'records' | 'lists'>> {
  const asked = [...records.map((value) => ({ type: 'fragment', value })), ...Object.values(lists).flat()];
  const ownerOf = await openOwners(deps.identities, asked, await deps.key());
  const isTheirs = (one: Identifier): boolean => {
    const owner = ownerOf(one);
    return owner === undefined || profiles.includes(owner);
  };
  return {
    records: records.filter((value) => isTheirs({ type: 'fragment', value })),
    lists: Object.fromEntries(Object.entries(lists).map(([audience, keys]) => [audience, keys.filter(isTheirs)])),
  };
}
