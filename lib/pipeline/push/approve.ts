import { TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import { type AlertDeps, closeAlerts } from '../alerts.ts';
import type { Queue } from '../ports.ts';
import { believeSources } from '../sync/source-size.ts';
import { findPush, listPush, type PushRun, readPush, savePush } from './push-run.ts';

export interface ApproveDeps extends AlertDeps {
  readonly push: Queue;
}

export interface Approval {
  readonly run: string;
  readonly hash: string;
  readonly state: PushRun['state'];
  /** Somebody had approved it before: nothing more happened. */
  readonly already: boolean;
}

/**
 * Lets a held run go on with exactly the plan that was looked at. Once: an approval that is used twice has one effect.
 * Throws `api/no-such-run`, `push/plan-moved` when that plan is not what would be sent any more, `push/not-held`.
 */
export async function approvePush(
  deps: ApproveDeps,
  id: string,
  { hash, by }: { readonly hash: string; readonly by: string },
): Promise<Approval> {
  for (;;) {
    const held = await readPush(deps.state, id.slice(0, Math.max(0, id.indexOf('.'))));
    const { run } = held.state;
    if (run === undefined || run.id !== id) throw await notThisRun(deps, id, run);
    if (run.plan?.hash !== hash) throw moved(`the plan of ${id} is ${run.plan?.hash ?? 'not made yet'}, not ${hash}`);
    if (run.state === 'held') {
      const approved: PushRun = {
        ...run,
        state: 'running',
        approved: { by, at: formatInstant(deps.clock.now().getTime()) },
      };
      const saved = await savePush(deps, held, { ...held.state, run: approved });
      if (saved === undefined) continue; // Somebody approved it, or another run took over, at the same moment.
      deps.log('push approved', { run: id, plan: hash, by });
      const believes = (run.holds ?? []).some(({ guard }) => guard === 'min-source');
      await believeSources(deps.state, believes ? (run.seen ?? []) : []);
      // Listed before it goes on: the worker lists its end.
      await listPush(deps, approved);
      await sendOn(deps, approved);
      await closeAlerts(deps, run.audience, ['held', 'stale-source']);
      return { run: id, hash, state: 'running', already: false };
    }
    if (run.approved === undefined) {
      throw new TributaryError('rejected', 'push/not-held', `${id} is ${run.state}: it waits for no approval`);
    }
    // A death may have lost the message of the first approval; a second message has no second effect.
    if (run.state === 'running') await sendOn(deps, run);
    return { run: id, hash, state: run.state, already: true };
  }
}

async function sendOn(deps: ApproveDeps, run: PushRun): Promise<void> {
  await deps.push.send([{ body: { audience: run.audience, run: run.id } }]);
}

async function notThisRun(deps: ApproveDeps, id: string, latest: PushRun | undefined): Promise<TributaryError> {
  const known = await findPush(deps.state, id);
  if (known === undefined) return new TributaryError('rejected', 'api/no-such-run', 'no run has that id');
  return moved(`${id} is ${known.state}; the latest run of ${known.audience} is ${latest?.id ?? 'none'}`);
}

function moved(what: string): TributaryError {
  const message = `${what}: what was looked at is not what would be sent. Look at the plan of the latest run and approve that`;
  return new TributaryError('rejected', 'push/plan-moved', message);
}
