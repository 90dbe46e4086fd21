import type { Outcome } from '../../connectors/contract.ts';
import type { AudienceDefinition } from '../../domain/definitions.ts';
import { everyIndexKey } from '../../domain/identifier.ts';
import { differenceOf, digestOf, type PlanEntry } from '../../domain/push.ts';
import type { Archive, AudienceRow } from '../ports.ts';
import type { Planning } from './push-run.ts';
import { type Due, JOB_RUNNING, type Sender, UNANSWERED } from './send-members.ts';

/** Sends the frozen list of one run, in one direction. */
export interface PlanSender extends Sender {
  readonly archive: Pick<Archive, 'put' | 'lines'>;
  readonly planning: Planning;
  /** Other audiences of the same group: nobody is added here who is still on the list of one of them. */
  readonly siblings: readonly string[];
}

/** An entry of the plan beside its row as it is now. */
export interface Item {
  readonly at: number;
  readonly entry: PlanEntry;
  readonly row: AudienceRow | undefined;
  readonly due?: Due;
  /** Known without sending: settled by this run before a death, or not to be sent by it. */
  readonly outcome?: Outcome | { readonly status: 'postponed'; readonly code: string };
  readonly base: 0 | 1;
}

export async function lookAgain(sender: PlanSender, entries: readonly PlanEntry[], at: number): Promise<Item[]> {
  const { memberships, audience } = sender;
  if (entries.length === 0) return [];
  const ids = entries.map(({ profile }) => profile);
  const rows = await memberships.readAudienceRows(audience.audience, ids);
  const add = sender.op === 'add';
  const elsewhere = add ? await onSiblings(sender, ids) : new Set<string>();
  const suppressed = add ? await suppressedAmong(sender, rows) : new Set<string>();
  return entries.map((entry, index) =>
    itemOf(sender, { at: at + index, entry, row: rows.get(entry.profile) }, { elsewhere, suppressed }),
  );
}

/** Whose keys the list of people never to be contacted has by now, though their row does not say so yet. */
async function suppressedAmong(
  { identities, key }: PlanSender,
  rows: ReadonlyMap<string, AudienceRow>,
): Promise<ReadonlySet<string>> {
  const secret = await key();
  const owners = new Map<string, string[]>();
  for (const [profile, { wanted }] of rows) {
    for (const one of wanted.in ? wanted.keys : []) {
      for (const index of everyIndexKey(one, secret)) {
        owners.set(index, [...(owners.get(index) ?? []), profile]);
      }
    }
  }
  if (owners.size === 0) return new Set();
  const { suppressed } = await identities.lookUp([...owners.keys()]);
  return new Set([...suppressed].flatMap((index) => owners.get(index) ?? []));
}

function itemOf(
  sender: PlanSender,
  { at, entry, row }: Pick<Item, 'at' | 'entry' | 'row'>,
  { elsewhere, suppressed }: { readonly elsewhere: ReadonlySet<string>; readonly suppressed: ReadonlySet<string> },
): Item {
  const { op, run, audience, clock } = sender;
  const { told } = row ?? {};
  const ours = told?.run === run && told.op === op;
  const base = op === 'remove' || (told?.in === true && !ours) ? 1 : 0;
  const postponed = (code: string): Item => ({ at, entry, row, base, outcome: { status: 'postponed', code } });
  if (row === undefined) return postponed('push/moved');
  if (ours && told.code !== UNANSWERED && told.code !== JOB_RUNNING)
    return { at, entry, row, base, outcome: outcomeIn(told) };
  if (row.wantedVersion !== entry.version) return postponed('push/moved');
  const [next] = differenceOf(row, audience.mode);
  if (next === undefined || next.op !== op || digestOf(next.keys) !== entry.keys) return postponed('push/moved');
  if (op === 'add' && (row.pausedUntil ?? 0) > clock.now().getTime()) return postponed('push/paused');
  if (suppressed.has(row.profile)) return postponed('push/suppressed');
  if (elsewhere.has(row.profile)) return postponed('push/waits-for-group');
  return { at, entry, row, base, due: { row, keys: next.keys } };
}

/** Who is still on the list of another audience of the group, as that tool last answered. */
async function onSiblings(sender: PlanSender, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const sibling of sender.siblings) {
    for (const [id, { told }] of await sender.memberships.readAudienceRows(sibling, ids))
      if (told?.in === true) found.add(id);
  }
  return found;
}

function outcomeIn({ outcome, code = '' }: NonNullable<AudienceRow['told']>): Outcome {
  const status = outcome as Outcome['status'];
  return status === 'refused' || status === 'rejected' || status === 'retry' ? { status, code } : { status };
}

/** Other audiences of the group that an audience is in. */
export function siblingsOf(audience: AudienceDefinition, all: readonly AudienceDefinition[]): readonly string[] {
  const { group } = audience;
  if (group === undefined) return [];
  return all.flatMap((one) =>
    one.audience !== audience.audience && one.group?.name === group.name ? [one.audience] : [],
  );
}
