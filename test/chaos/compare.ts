import { canonicalText } from '../../lib/domain/canonical.ts';
import { compileDefinitions, decide } from '../../lib/domain/decide.ts';
import type { Profile } from '../../lib/domain/profile.ts';
import type { AudienceRow } from '../../lib/pipeline/ports.ts';
import { isLiving } from '../../lib/pipeline/resolve/gather.ts';
import type { Calm } from './calm.ts';
import type { Look } from './found.ts';
import { type Crowd, ownsOf } from './people.ts';
import type { Storm } from './storm.ts';
import { SHOP, tags } from './storm-workspace.ts';

/** Everything that a seed left behind and should not have, by name. All empty = nothing lost, nothing twice, nothing odd. */
export interface Verdict {
  readonly people: number;
  readonly records: number;
  readonly activities: number;
  /** People of audiences, in or out, each accounted for. */
  readonly members: number;
  readonly lost: string[];
  readonly doubled: string[];
  readonly unexplained: string[];
}

/** Compares what the stage and the shop hold of a crowd with what a calm pass makes of it. */
export async function compare(storm: Storm, look: Look, crowd: Crowd, calm: Calm, at: number): Promise<Verdict> {
  const isOwn = ownsOf(crowd);
  const { living, all } = await look.people();
  const own = living.filter(({ fragments }) => Object.keys(fragments).some(isOwn));
  const found = { lost: [] as string[], doubled: [] as string[], unexplained: [] as string[] };
  const fragments = compareRecords(own, calm, found);
  const activities = await compareActivities(look, calm, fragments, found);
  comparePeople(storm, own, calm, at, found);
  for (const { segment } of storm.definitions.segments) {
    const rows = await look.members(segment);
    const wanted = own.filter(({ memberships }) => memberships[segment] !== undefined).map(({ id }) => id);
    const present = rows.filter((id) => own.some((one) => one.id === id));
    compareSets(`rows of segment ${segment}`, present, wanted, found);
    const stray = rows.filter((id) => !isLiving(all.get(id) ?? ({} as never)));
    found.doubled.push(...stray.map((id) => `${id} is in segment ${segment}, and merged away`));
  }
  const members = await compareAudiences(storm, look, own, found);
  await compareQuarantine(look, crowd, found);
  return { ...found, people: own.length, records: fragments.length, activities, members };
}

type Found = Pick<Verdict, 'lost' | 'doubled' | 'unexplained'>;

/** Every record is folded, into one person. */
function compareRecords(own: readonly Profile[], calm: Calm, { lost, doubled, unexplained }: Found): readonly string[] {
  const expected = new Set(calm.people.flatMap(({ fragments }) => Object.keys(fragments)));
  const held = own.flatMap(({ fragments }) => Object.keys(fragments));
  const seen = new Set<string>();
  for (const fragment of held) {
    if (seen.has(fragment)) doubled.push(`${fragment} is in two people`);
    if (!expected.has(fragment)) unexplained.push(`nobody told of ${fragment}`);
    seen.add(fragment);
  }
  for (const fragment of expected) if (!seen.has(fragment)) lost.push(`${fragment} is nobody's`);
  return [...expected];
}

async function compareActivities(look: Look, calm: Calm, fragments: readonly string[], found: Found): Promise<number> {
  let count = 0;
  for (const fragment of fragments) {
    const [stored, expected] = await Promise.all([look.activitiesOf(fragment), calm.activitiesOf(fragment)]);
    count += expected.length;
    compareSets(`activities of ${fragment}`, stored, expected, found);
  }
  return count;
}

/** People hold the same, byte for byte, but for their ids. */
function comparePeople(storm: Storm, own: readonly Profile[], calm: Calm, at: number, { unexplained }: Found): void {
  const compiled = compileDefinitions(storm.definitions);
  const textOf = (profile: Profile): string => {
    // What no segment needs any more at this instant may or may not be cut yet.
    const { fragments } = decide(profile, compiled, at).profile;
    const { memberships, heard = {}, refused } = profile;
    // Whoever was in a segment once is not in it now: the same as never, to an audience.
    const wanted = Object.entries(profile.wanted)
      .filter(([, one]) => one.in || one.reason !== 'not-in-segment')
      // Of two statements of one instant either may be the one that is relied on (sameWanted).
      .map(([audience, one]) => [audience, one.in ? { ...one, consent: one.consent?.at ?? null } : one]);
    const segments = Object.keys(memberships).sort();
    return canonicalText({ fragments, segments, wanted: Object.fromEntries(wanted), heard, refused } as never);
  };
  const keyOf = ({ fragments }: Profile) => Object.keys(fragments).sort().join(' ');
  const expected = new Map(calm.people.map((one) => [keyOf(one), textOf(one)]));
  for (const profile of own) {
    const key = keyOf(profile);
    const wanted = expected.get(key);
    if (wanted === undefined) unexplained.push(`a person of ${key}`);
    else if (wanted !== textOf(profile)) unexplained.push(`${key} holds ${textOf(profile)} and not ${wanted}`);
    if (profile.outbox.length > 0) unexplained.push(`${key} still owes rows`);
  }
  for (const key of expected.keys())
    if (!own.some((one) => keyOf(one) === key)) unexplained.push(`no person of ${key}`);
}

/** The lists in the tool are the audiences, and every member has an outcome that says why. */
async function compareAudiences(storm: Storm, look: Look, own: readonly Profile[], found: Found): Promise<number> {
  let members = 0;
  for (const [audience, tag] of Object.entries(tags)) {
    const rows = (await look.audience(audience)).filter(({ profile }) => own.some(({ id }) => id === profile));
    const listed = new Set(storm.shop.tagged(SHOP, tag, { anyStatus: true }));
    const accounted = new Set<string>();
    members += rows.length;
    for (const profile of own) {
      const decided = profile.wanted[audience];
      const row = rows.find((one) => one.profile === profile.id);
      if (decided?.in !== true) {
        if (row?.wanted.in === true) found.unexplained.push(`${profile.id} is wanted by the row of ${audience} only`);
        continue;
      }
      const outcome = row?.told?.outcome ?? untoldAs(row);
      const keys = decided.keys.map(({ value }) => value);
      const there = keys.filter((key) => listed.has(key));
      const known = keys.some((key) => storm.shop.member(SHOP, key) !== undefined);
      for (const key of there) accounted.add(key);
      if (known && there.length === 0)
        found.lost.push(`${keys[0]} is wanted by ${audience}, and not on the list: ${outcome}`);
      const right = known ? ['applied', 'unchanged'] : ['unmatched'];
      if (!right.includes(outcome)) found.unexplained.push(`${keys[0]} has the outcome ${outcome} in ${audience}`);
    }
    const theirs = new Set(own.flatMap((profile) => emailsOf(profile)));
    for (const email of listed) {
      if (theirs.has(email) && !accounted.has(email))
        found.unexplained.push(`${email} is on the list of ${audience}, unwanted`);
    }
  }
  return members;
}

/** Why somebody who is wanted has no outcome, for whoever looks for the cause. */
function untoldAs(row: AudienceRow | undefined): string {
  if (row === undefined) return 'none, without a row';
  return `none, ${row.wanted.in ? 'wanted' : 'not wanted'} by the row${row.pending ? ', pending' : ''}`;
}

function emailsOf({ fragments }: Profile): readonly string[] {
  return Object.values(fragments).flatMap(({ identifiers }) => Object.keys(identifiers.email ?? {}));
}

/** What cannot be read is kept with its reason, and nothing else is. */
async function compareQuarantine(look: Look, { label, damaged, poisoned }: Crowd, found: Found): Promise<void> {
  const kept = [...(await look.quarantined('news')), ...(await look.quarantined('crm'))];
  for (const fragment of damaged) {
    const id = fragment.split(':')[2] ?? '';
    if (!kept.some(({ text }) => text.includes(id)))
      found.lost.push(`${fragment} cannot be read, and is not in quarantine`);
  }
  const poison = kept.filter(({ text }) => text.includes(`${label}-poison`));
  if (poison.length < poisoned) found.lost.push('a change that cannot be read is not in quarantine');
  if (poison.length > poisoned)
    found.doubled.push(`a change that cannot be read is in quarantine ${poison.length} times`);
}

function compareSets(what: string, stored: readonly string[], expected: readonly string[], found: Found): void {
  const seen = new Set<string>();
  for (const one of stored) {
    if (seen.has(one)) found.doubled.push(`${what}: ${one}`);
    if (!expected.includes(one)) found.unexplained.push(`${what}: ${one}`);
    seen.add(one);
  }
  for (const one of expected) if (!seen.has(one)) found.lost.push(`${what}: ${one}`);
}
