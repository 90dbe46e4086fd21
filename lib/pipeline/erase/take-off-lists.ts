import { createHash } from 'node:crypto';
import type { Outcome } from '../../connectors/contract.ts';
import { destinationFor } from '../../connectors/define.ts';
import { TributaryError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { CallMeter } from '../call-meter.ts';
import type { ActivateDeps, Tool } from '../push/push-work.ts';
import { outcomesOf } from '../push/send-members.ts';
import { openNotes } from '../push/write-ledger.ts';
import { erasureRun } from './erase-audience-rows.ts';
import type { Errand } from './erased-keys.ts';

/** A tool that is connected, with its calls drawn from the connection's budget. */
export interface AskedTool extends Pick<Tool, 'connection' | 'api'> {
  readonly calls: CallMeter;
}

/** Off how many lists somebody was taken, why not off another, and its jobs while the tool is still at one of them. */
export interface OffLists {
  readonly off: number;
  readonly refused?: string;
  readonly jobs?: Readonly<Record<string, Json>>;
}

/**
 * Takes the person off the lists that the tool was told them for. The rows say so too, unless a push
 * told the tool something meanwhile: then the next push takes them off.
 */
export async function takeOffLists(
  deps: ActivateDeps,
  errand: Errand,
  { connection, api, calls }: AskedTool,
): Promise<OffLists> {
  const definitions = await deps.definitions();
  const notes = openNotes(deps, errand.connection, definitions.privacy);
  // Those that ended stay among them: whoever asks again hears their answer again, and begins none anew.
  const jobs: Record<string, Json> = { ...errand.jobs };
  let isRunning = false;
  let off = 0;
  let refused: string | undefined;
  for (const [audience, keys] of Object.entries(errand.lists)) {
    const definition = definitions.audiences.find((one) => one.audience === audience);
    if (definition?.connection !== errand.connection || keys.length === 0) continue;
    const { target } = definition;
    const destination = destinationFor(connection.connector, target);
    if (destination?.canRemove !== true) continue;
    const [memberId = ''] = errand.profiles;
    const rows = await deps.memberships.readAudienceRows(audience, errand.profiles);
    const idempotencyKey = createHash('sha256').update(`${errand.receipt}\n${audience}`).digest('hex').slice(0, 32);
    const begun = errand.jobs?.[audience];
    const result = await calls.whole(async () => {
      if (begun !== undefined && destination.poll !== undefined) return destination.poll(api, begun);
      // A look first: `ensure` would make the list only to take somebody off it.
      const found = destination.truth === undefined ? await destination.ensure(api, target) : undefined;
      const list = found ?? (await destination.truth?.find(api, target));
      if (list === undefined) return { state: 'done' as const, outcomes: new Map([[memberId, NOT_THERE]]), calls: 1 };
      const members = [{ memberId, keys }];
      const { remoteId } = list;
      return destination.apply(api, { remoteId, op: 'remove', members, idempotencyKey, target, notes });
    });
    if (result.state === 'pending') {
      jobs[audience] = result.job;
      isRunning = true;
      continue;
    }
    // Silence about somebody is no answer.
    const outcome = outcomesOf(result, [memberId]).get(memberId) ?? { status: 'retry', code: 'vendor-no-outcome' };
    if (outcome.status === 'retry') throw notYet(outcome.code);
    if (outcome.status === 'refused' || outcome.status === 'rejected') {
      refused = outcome.code;
      continue;
    }
    off += 1;
    const told = { in: false, outcome: outcome.status, op: 'remove', run: erasureRun(errand.receipt) } as const;
    const at = deps.clock.now().getTime();
    await deps.memberships.settle(
      audience,
      [...rows.values()]
        .filter(({ wanted }) => !wanted.in)
        .map((row) => ({ row, told: { ...told, keys: row.told?.keys ?? [], at }, pending: false })),
    );
  }
  return { off, ...(refused === undefined ? {} : { refused }), ...(isRunning ? { jobs } : {}) };
}

const NOT_THERE: Outcome = { status: 'unchanged' };

/** The failure of a tool that may do it later. */
export function notYet(code: string): TributaryError {
  return new TributaryError('transient', 'erasure/not-yet', `the tool could not erase somebody yet (${code})`);
}
