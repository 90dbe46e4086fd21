import { destinationFor, loadConnectorsOf } from '../../connectors/define.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { asTributaryError, TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json } from '../../domain/json.ts';
import { withCalls } from '../call-meter.ts';
import { openConnection } from '../connections.ts';
import { isSwitching } from '../define/switch-definitions.ts';
import { delayOf } from '../delay.ts';
import { isStreamSettled, readStream } from '../sync/sync-run.ts';
import { stopPush } from './end-push.ts';
import { freezePlan } from './freeze-plan.ts';
import { type HeldPush, listPush, type PushRun, savePush } from './push-run.ts';
import { type ActivateDeps, type PushCommand, sendOn, type Tool, type Work } from './push-work.ts';
import { runPlan } from './run-plan.ts';
import { isFiring, isOf, takeUpPush } from './take-up-push.ts';

/** How long a push waits for its sources before it is held. */
const PATIENCE_MS = 2 * 3_600_000;
const LOOK_AGAIN_SECONDS = 30;

/**
 * Brings the tool's list to what we want: wait for the sources → plan → freeze the list → guardrails → send what is on
 * the list and still wanted, removals first → outcomes. A run that breaks a guardrail is held before its first call.
 * Killed at any line, the next worker goes on where the state stands; who has an answer of this run is not sent again.
 */
export function activateAudience(deps: ActivateDeps) {
  return async function activate(command: PushCommand, signal: AbortSignal): Promise<void> {
    const definitions = await deps.definitions();
    const audience = definitions.audiences.find((one) => one.audience === command.audience);
    if (audience === undefined) {
      deps.log('no such audience', { audience: command.audience, code: 'push/unknown-audience' });
      return;
    }
    const held = await takeUpPush(deps, { audience, definitions }, command);
    if (held === undefined) return;
    const work: Work = { definitions, audience, signal, again: (now, seconds) => sendOn(deps, now, seconds) };
    const current = { held };
    let ended = false;
    try {
      ended = await advance(deps, work, current);
    } catch (thrown) {
      await stopPush(deps, work, current.held, asTributaryError(thrown));
    }
    // A firing that found an older run to be finished first has its own still to come.
    if (isFiring(command) && !isOf(command, held.state.run)) {
      await deps.push.send([{ body: command as unknown as Json, ...delayOf(ended ? 0 : LOOK_AGAIN_SECONDS) }]);
    }
  };
}

/** Does the run's next steps until it has ended, is held, or must go on later. Returns whether it has ended. */
async function advance(deps: ActivateDeps, work: Work, current: { held: HeldPush }): Promise<boolean> {
  const { definitions, audience, signal } = work;
  const run = current.held.state.run as PushRun;
  const unsettled = run.plan === undefined ? await unsettledFor(deps, definitions, run) : [];
  if (unsettled.length > 0 && !isOutOfPatience(deps, run)) {
    await waitForSources(deps, current.held, unsettled);
    return false;
  }
  const connection = await openConnection(deps, audience.connection);
  const destination = destinationFor(connection.connector, audience.target);
  if (destination === undefined) {
    const message = `the connector of ${audience.connection} takes no such audiences`;
    throw new TributaryError('config', 'push/no-destination', message);
  }
  // Until additions begin, calls are for removals as well: those may spend what additions leave over.
  const ask = { holder: `push/${audience.audience}`, use: 'remove' } as const;
  return withCalls(deps, connection, ask, async (calls) => {
    const tool: Tool = { connection, destination, api: await connection.connect(signal, calls), calls };
    if (run.plan === undefined) {
      const planned = await freezePlan(deps, work, current, tool, unsettled);
      if (planned !== 'go') return planned === 'ended';
    }
    return runPlan(deps, work, current, tool);
  });
}

/** A touched audience waits for no stream. But no list is brought to half of a change of definitions. */
async function unsettledFor(deps: ActivateDeps, definitions: Definitions, run: PushRun): Promise<string[]> {
  if (run.touched !== true) return unsettledSources(deps, definitions);
  return (await isSwitching(deps.state)) ? ['definitions'] : [];
}

/** Streams whose runs are not folded to the end, and definitions under way: a push now would act on half a picture. */
async function unsettledSources(
  deps: Pick<ActivateDeps, 'state' | 'clock' | 'connectors'>,
  definitions: Definitions,
): Promise<string[]> {
  const now = deps.clock.now().getTime();
  const unsettled: string[] = (await isSwitching(deps.state)) ? ['definitions'] : [];
  const connectors = await loadConnectorsOf(deps.connectors, definitions);
  for (const connection of Object.values(definitions.connections)) {
    const figures = connectors[connection.connector]?.streams.filter((one) => one.figures === true) ?? [];
    for (const stream of Object.keys(connection.streams)) {
      // Figures are nobody's: no list depends on them.
      if (figures.some(({ name }) => name === stream)) continue;
      const { state } = await readStream(deps.state, connection.name, stream);
      if (!(await isStreamSettled(deps.state, state, now))) unsettled.push(`${connection.name}/${stream}`);
    }
  }
  return unsettled;
}

function isOutOfPatience(deps: Pick<ActivateDeps, 'clock'>, { waitingSince }: PushRun): boolean {
  return waitingSince !== undefined && deps.clock.now().getTime() - Date.parse(waitingSince) > PATIENCE_MS;
}

async function waitForSources(deps: ActivateDeps, held: HeldPush, unsettled: readonly string[]): Promise<void> {
  const push = held.state.run as PushRun;
  const waitingSince = push.waitingSince ?? formatInstant(deps.clock.now().getTime());
  const run: PushRun = { ...push, state: 'waiting', waitingSince, unsettled };
  const waitSeconds = LOOK_AGAIN_SECONDS;
  if ((await savePush(deps, held, { ...held.state, run }, { waitSeconds })) === undefined) return;
  if (push.state !== 'waiting') await listPush(deps, run);
  await deps.push.send([{ body: { audience: push.audience, run: push.id }, delaySeconds: waitSeconds }]);
}
