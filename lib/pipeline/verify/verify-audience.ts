import type { Truth } from '../../connectors/contract.ts';
import { destinationFor } from '../../connectors/define.ts';
import type { AudienceDefinition } from '../../domain/definitions.ts';
import { asTributaryError, dispositions, TributaryError } from '../../domain/errors.ts';
import type { IdentityKey } from '../../domain/identifier.ts';
import { healsTooMany } from '../../domain/truth.ts';
import { withCalls } from '../call-meter.ts';
import { type ConnectionDeps, openConnection } from '../connections.ts';
import type { Archive, MembershipStore } from '../ports.ts';
import { healPart } from './verify-heal.ts';
import type { Checker, Done } from './verify-lists.ts';
import {
  endVerify,
  goOnLater,
  type HeldVerify,
  saveVerify,
  takeUpVerify,
  type VerifyCommand,
  type VerifyRun,
  type VerifyRunDeps,
} from './verify-run.ts';
import { compareRows, findStrangers, listChunk } from './verify-steps.ts';

export interface VerifyDeps extends ConnectionDeps, VerifyRunDeps {
  readonly archive: Archive;
  readonly memberships: MembershipStore;
  readonly key: () => Promise<IdentityKey>;
}

/**
 * Compares an audience with the tool's real list: read the list into the archive, judge the rows by it, find whom no row
 * names, heal by policy, end. Each step is stored when it is done; killed at any line, the next worker goes on with the
 * step that was not. It never makes a list and sends nothing: what is to be changed in the tool, the next push changes.
 */
export function verifyAudience(deps: VerifyDeps) {
  return async function verify(command: VerifyCommand, signal: AbortSignal): Promise<void> {
    const { audiences } = await deps.definitions();
    const audience = audiences.find((one) => one.audience === command.verify);
    if (audience === undefined) {
      deps.log('no such audience', { audience: command.verify, code: 'push/unknown-audience' });
      return;
    }
    const held = await takeUpVerify(deps, command, command.heal ?? audience.verify?.heal ?? 'report');
    if (held !== undefined) await check(deps, audience, held, signal);
  };
}

async function check(
  deps: VerifyDeps,
  audience: AudienceDefinition,
  taken: HeldVerify,
  signal: AbortSignal,
): Promise<void> {
  const current = { held: taken };
  try {
    const connection = await openConnection(deps, audience.connection);
    const truth = destinationFor(connection.connector, audience.target)?.truth;
    if (truth === undefined) {
      throw new TributaryError(
        'config',
        'verify/not-possible',
        `the connector of ${audience.connection} cannot read its lists`,
      );
    }
    await withCalls(deps, connection, { holder: `verify/${audience.audience}`, use: 'pull' }, async (calls) =>
      compare(deps, { audience, truth, api: await connection.connect(signal, calls) }, current, signal),
    );
  } catch (thrown) {
    const { held } = current;
    const error = asTributaryError(thrown);
    deps.log('verify stopped', { run: held.state.run.id, kind: error.kind, code: error.code, reason: error.message });
    if (error.kind === 'rate-limited') {
      return await goOnLater(deps, held, Math.ceil((error.retryAfterMs ?? 60_000) / 1_000), error);
    }
    if (dispositions[error.kind].does === 'retry-later') {
      if (signal.aborted) return await goOnLater(deps, held, 0);
      await saveVerify(deps, held, held.state.run, held.state.step, { letGo: true });
      throw error;
    }
    const { kind, code, message } = error;
    const state = code === 'verify/not-possible' ? 'not-possible' : 'failed';
    await finish(deps, held, { ...held.state.run, state, error: { kind, code, message } });
    if (kind === 'defect') throw error;
  }
}

/** Does one step after the other until the run has ended or time is short. */
async function compare(
  deps: VerifyDeps,
  { audience, truth, api }: Pick<Checker, 'audience' | 'truth' | 'api'>,
  current: { held: HeldVerify },
  signal: AbortSignal,
): Promise<void> {
  const found = await findList(deps, audience, truth, api);
  if (typeof found === 'object') return finish(deps, current.held, { ...current.held.state.run, ...found });
  const { privacy } = await deps.definitions();
  const checker: Checker = { ...deps, audience, truth, api, remoteId: found, keptMs: privacy.activitiesKeptMs };
  if (truth.members === undefined) return compareCounts(deps, current.held, checker);
  while (current.held.state.step.do !== 'end') {
    const { held } = current;
    if (signal.aborted) return goOnLater(deps, held, 0);
    const { run, step } = held.state;
    const done = await doStep(deps, checker, held, signal);
    if (done === undefined) return goOnLater(deps, held, 0);
    if (done === 'held') return;
    if (step.do === 'list' && done.step.do !== 'list') {
      // A list that was deleted while it was read looks like one that everybody was taken off.
      const still = await findList(deps, audience, truth, api);
      if (typeof still === 'object') return finish(deps, held, { ...run, ...still });
    }
    const kept = await saveVerify(deps, held, done.run, done.step, { remoteId: found });
    if (kept === undefined) return; // Somebody took the check over.
    current.held = kept;
  }
  await finish(deps, current.held, { ...current.held.state.run, state: 'finished' });
}

async function doStep(
  deps: VerifyDeps,
  checker: Checker,
  held: HeldVerify,
  signal: AbortSignal,
): Promise<Done | 'held' | undefined> {
  const { run, step } = held.state;
  if (step.do === 'list') return listChunk(checker, run, step, signal);
  if (step.do === 'rows') return compareRows(checker, run, step);
  if (step.do === 'strangers') return findStrangers(checker, run, step);
  if (step.do === 'end') return { run, step };
  const { guardrails } = await deps.definitions();
  if (step.part === 0 && run.heal !== 'report' && healsTooMany(run.differences, run.heal, run.believed, guardrails)) {
    const error = { kind: 'config', code: 'verify/too-many', message: 'more people differ than the guardrails allow' };
    await finish(deps, held, { ...run, state: 'held', error });
    return 'held';
  }
  return healPart(checker, run, step);
}

/** The list's id in the tool; or how the run ends, because there is no list to compare with. */
async function findList(
  deps: VerifyDeps,
  audience: AudienceDefinition,
  truth: Truth<unknown>,
  api: unknown,
): Promise<string | Pick<VerifyRun, 'state' | 'error'>> {
  const pushed = (await deps.state.get('push', audience.audience))?.body.list;
  if (typeof pushed !== 'string') return { state: 'never-pushed' };
  const found = await truth.find(api, audience.target);
  if (found === undefined) {
    const message = 'the tool has no list of that name any more; the next push would make it anew';
    return { state: 'list-missing', error: { kind: 'config', code: 'verify/list-missing', message } };
  }
  if (`${audience.connection}/${found.remoteId}` === pushed) return found.remoteId;
  const message = 'another list has that name now than the one that was filled; the next push fills it';
  return { state: 'list-replaced', error: { kind: 'config', code: 'verify/list-replaced', message } };
}

/** All that can be said about a list that nobody may read: how many are on it, and how many we believe there. */
async function compareCounts(deps: VerifyDeps, held: HeldVerify, checker: Checker): Promise<void> {
  const { truth, api, remoteId, memberships, audience } = checker;
  const listed = (await truth.size?.(api, remoteId)) ?? 0;
  let believed = 0;
  for await (const rows of memberships.audienceRows(audience.audience)) {
    believed += rows.filter(({ told }) => told?.in === true).length;
  }
  const apart = Math.abs(listed - believed);
  await finish(deps, held, {
    ...held.state.run,
    state: 'finished',
    compares: 'counts',
    listed,
    believed,
    agree: Math.min(listed, believed),
    differences: apart === 0 ? {} : { 'count-differs': apart },
  });
}

async function finish(deps: VerifyDeps, held: HeldVerify, run: VerifyRun): Promise<void> {
  await endVerify(deps, held, run);
  const { id, state, listed, believed, agree, healed, differences, error } = run;
  deps.log('verify ended', {
    run: id,
    state,
    listed,
    believed,
    agree,
    healed,
    ...differences,
    code: error?.code ?? null,
  });
}
