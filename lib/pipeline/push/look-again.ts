import type { Outcome } from '../../connectors/contract.ts';
import type { AudienceDefinition } from '../../domain/definitions.ts';
import { everyIndexKey } from '../../domain/identifier.ts';
import type { Profile } from '../../domain/profile.ts';
import { differenceOf, digestOf, type PlanEntry } from '../../domain/push.ts';
import type { Archive, AudienceRow, ProfileStore } from '../ports.ts';
import { followIds, readPeople } from '../resolve/gather.ts';
import { pausedUntil, recordKeys } from './pause-members.ts';
import type { Planning } from './push-run.ts';
import { type Due, JOB_RUNNING, type Sender, UNANSWERED } from './send-members.ts';

/** Sends the frozen list of one run, in one direction. */
export interface PlanSender extends Sender {
  readonly profiles: Pick<ProfileStore, 'read'>;
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
  const barred = sender.op === 'add' ? await barredAmong(sender, rows) : new Map<string, string>();
  return entries.map((entry, index) =>
    itemOf(sender, { at: at + index, entry, row: rows.get(entry.profile) }, barred.get(entry.profile)),
  );
}

/** Who must not be added now whatever their row says, and why. */
async function barredAmong(
  sender: PlanSender,
  rows: ReadonlyMap<string, AudienceRow>,
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...rows].flatMap(([profile, row]) =>
    row.wanted.in ? [{ profile, row, keys: row.wanted.keys }] : [],
  );
  if (wanted.length === 0) return new Map();
  const secret = await sender.key();
  const ids = wanted.map(({ profile }) => profile);
  const people = await readPeople(sender.profiles, new Set(ids));
  const asked = wanted.map(({ profile, row, keys }) => ({
    profile,
    row,
    addresses: keys.flatMap((one) => everyIndexKey(one, secret)),
    records: recordKeys(Object.keys(people.get(profile)?.fragments ?? {}), secret),
  }));
  const known = await sender.identities.lookUp([
    ...new Set(asked.flatMap(({ addresses, records }) => [...addresses, ...records])),
  ]);
  const elsewhere = await onSiblings(sender, ids, people);
  const now = sender.clock.now().getTime();
  return new Map(
    asked.flatMap(({ profile, row, addresses, records }): [string, string][] => {
      const until = Math.max(pausedUntil(records, known) ?? 0, row.pausedUntil ?? 0);
      if (until > now) return [[profile, 'push/paused']];
      // The list of people never to be contacted has them by now, though their row does not say so yet.
      if (addresses.some((one) => known.suppressed.has(one))) return [[profile, 'push/suppressed']];
      return elsewhere.has(profile) ? [[profile, 'push/waits-for-group']] : [];
    }),
  );
}

function itemOf(
  sender: PlanSender,
  { at, entry, row }: Pick<Item, 'at' | 'entry' | 'row'>,
  barred: string | undefined,
): Item {
  const { op, run, audience } = sender;
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
  if (barred !== undefined) return postponed(barred);
  return { at, entry, row, base, due: { row, keys: next.keys } };
}

/** Who is still on the list of another audience of the group, as that tool last answered, under whatever id it was told. */
async function onSiblings(
  { siblings, memberships, profiles }: PlanSender,
  ids: readonly string[],
  people: ReadonlyMap<string, Profile>,
): Promise<ReadonlySet<string>> {
  if (siblings.length === 0) return new Set();
  const formerly = new Set([...people.values()].flatMap(({ former = [] }) => former));
  // Who was merged and taken apart again is somebody of their own.
  const { leads } = await followIds(profiles, formerly);
  const meant = new Map<string, readonly string[]>();
  for (const id of ids) {
    const person = people.get(id);
    const former = (person?.former ?? []).filter((one) => leads.get(one) === person?.id);
    for (const name of new Set([id, person?.id ?? id, ...former])) meant.set(name, [...(meant.get(name) ?? []), id]);
  }
  const found = new Set<string>();
  for (const sibling of siblings) {
    for (const [name, { told }] of await memberships.readAudienceRows(sibling, [...meant.keys()]))
      if (told?.in === true) for (const id of meant.get(name) ?? []) found.add(id);
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
