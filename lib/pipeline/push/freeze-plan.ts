import { guardrailsOf, judgePush } from '../../domain/guardrails.ts';
import { closeAlerts } from '../alerts.ts';
import { LEASE_MS } from '../run-list.ts';
import { seeSources, shrunkSources, sourcesOf } from '../sync/source-size.ts';
import { finishPush, holdPush } from './end-push.ts';
import { beginPlanning, censusOf, concludePlan, countRows, needsCensus, planStep } from './plan-push.ts';
import { type HeldPush, type PushRun, type PushState, recentChanges, savePush } from './push-run.ts';
import { type ActivateDeps, knownList, listName, type Tool, type Work } from './push-work.ts';

/** Pages of a list that are looked at for anybody who is on it before our first push. */
const MOST_PAGES = 20;

export type Planned = 'go' | 'ended' | 'later';

/**
 * Plans a run and freezes its list: a look at the tool's list that changes nothing, rows that differ into the archive,
 * guardrails. `go`: the run may send; `ended`: there was nothing to do, or it is held.
 */
export async function freezePlan(
  deps: ActivateDeps,
  work: Work,
  current: { held: HeldPush },
  tool: Tool,
  unsettled: readonly string[],
): Promise<Planned> {
  const { audience, definitions, signal } = work;
  const { waitingSince: _, unsettled: __, ...kept } = current.held.state.run as PushRun;
  const run: PushRun = { ...kept, state: 'running', ...(unsettled.length > 0 ? { unsettled } : {}) };
  const { list } = current.held.state;
  // A look that makes nothing: whether the list that rows speak of is still there, and the one that is meant.
  const { truth } = tool.destination;
  const first = current.held.state.begun !== true;
  const trusts = run.touched === true && !first && knownList(audience, current.held.state) !== undefined;
  const looks = truth !== undefined && !trusts;
  const found = looks ? await truth.find(tool.api, audience.target) : undefined;
  const replaced = looks && list !== undefined && list !== listName(audience, found?.remoteId);

  const firstNow = deps.clock.now().getTime();
  let counted: Pick<PushState, 'size' | 'census'> = {};
  const unknown = current.held.state.size === undefined;
  if (unknown || (run.touched !== true && needsCensus(current.held.state, firstNow))) {
    const { counting, done } = await countRows(deps.memberships, audience, current.held.state.counting, signal);
    if (!done) {
      const saved = await savePush(deps, current.held, { ...current.held.state, run, counting }, { leaseMs: LEASE_MS });
      if (saved !== undefined) await work.again(saved, 0);
      return 'later';
    }
    counted = censusOf(counting, deps.clock);
  }
  let planning = current.held.state.planning ?? beginPlanning(replaced);
  for (let done = false; !done; ) {
    const step = await planStep(deps, audience, run, planning, String(current.held.version));
    ({ planning, done } = step);
    const { counting: ___, ...before } = current.held.state;
    const saved = await savePush(deps, current.held, { ...before, ...counted, run, planning }, { leaseMs: LEASE_MS });
    if (saved === undefined) return 'later'; // Somebody took the push over, and plans from where the state stands.
    current.held = saved;
    if (signal.aborted && !done) {
      await work.again(saved, 0);
      return 'later';
    }
  }
  const { state } = current.held;
  const frozen = concludePlan(planning, {
    size: planning.fresh === true ? 0 : (state.size ?? 0),
    census: state.census,
    countedNow: counted.census !== undefined,
    destination: tool.destination,
    connection: tool.connection.definition,
    pace: state.pace,
  });
  const planned: PushRun = { ...run, plan: frozen };
  if (frozen.add + frozen.remove + unsettled.length === 0) {
    await finishPush(deps, work, current.held, planned);
    return 'ended';
  }
  const rules = guardrailsOf(definitions.guardrails, audience);
  // Seen first: a source that changes between the two is not the one that an approval would believe.
  const all = await seeSources(deps.state, sourcesOf(definitions));
  const shrunk = await shrunkSources(deps, definitions);
  const seen = all.filter(({ source }) => shrunk.some((one) => one.source === source));
  const holds = judgePush(
    {
      ...frozen,
      recent: recentChanges(state, deps.clock.now().getTime()),
      firstRun: state.begun !== true,
      strangers:
        first && (state.size ?? 0) === 0 && found !== undefined && (await holdsAnybody(tool, found.remoteId, signal)),
      listReplaced: planning.fresh === true,
      unsettled,
      shrunk,
    },
    rules,
  );
  if (holds.length > 0) {
    await holdPush(deps, work, current.held, { ...planned, holds, seen });
    return 'ended';
  }
  const going = await savePush(deps, current.held, { ...state, run: planned }, { leaseMs: LEASE_MS });
  if (going === undefined) return 'later';
  current.held = going;
  if (run.touched !== true) await closeAlerts(deps, audience.audience, ['held', 'stale-source']);
  return 'go';
}

/** Whether anybody is on the tool's list, as far as the tool lets us see. */
async function holdsAnybody({ destination, api }: Tool, remoteId: string, signal: AbortSignal): Promise<boolean> {
  const { truth } = destination;
  if (truth?.members !== undefined) {
    let pages = 0;
    for await (const { members } of truth.members(api, remoteId, { signal })) {
      // Of a field that cannot be asked for by its value, everybody is read and few are told.
      pages += 1;
      if (members.length > 0 || pages === MOST_PAGES) return members.length > 0;
    }
    return false;
  }
  return truth?.size === undefined ? false : (await truth.size(api, remoteId)) > 0;
}
