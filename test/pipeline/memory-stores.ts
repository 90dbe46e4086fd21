import { type ActivityChange, activityKey } from '../../lib/domain/change.ts';
import { type ErasedProfile, isErased } from '../../lib/domain/erasure.ts';
import type { MergedProfile, Profile } from '../../lib/domain/profile.ts';
import {
  type Account,
  type AccountStore,
  type ActivityStore,
  type AudienceRow,
  type FollowRow,
  type HistoryLine,
  type HistoryStore,
  type IdentityIndex,
  type MembershipStore,
  mostAsOne,
  type ProfileStore,
  type StoredProfile,
  type ToldSide,
} from '../../lib/pipeline/ports.ts';
import { isMerged } from '../../lib/pipeline/resolve/gather.ts';

const PEOPLE_IN_PAGE = 2;
const AUDIENCE_PARTS = 3;

function partOf(id: string, of: number): number {
  let hash = 0;
  for (const letter of id) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return hash % of;
}

function dayOf({ at }: HistoryLine): string {
  return new Date(at).toISOString().slice(0, 10);
}

function readAt(activity: ActivityChange | undefined): string {
  return activity?.read === undefined ? '' : `${activity.read.at}#${activity.read.hour}`;
}

/** Thrown by a store operation that stands for a process dying there. */
export class Death extends Error {}

/** What may go wrong at a store operation: nothing, a death before it, a death after it took effect. */
export type Fate = () => 'lives' | 'dies-before' | 'dies-after';

/**
 * The stores' promises kept in memory, with a yield at every operation so that concurrent writers interleave, and a fate
 * that may kill the caller before or after any of them.
 */
export function openMemoryStores(fate: Fate = () => 'lives') {
  const index = new Map<string, string>();
  /** Keys that are suppressed, or were: the index knows them, whether or not they lead to anybody. */
  const marks = new Map<string, boolean>();
  const graves = new Map<string, number>();
  const hinted = new Map<string, number>();
  const reread = new Map<string, number>();
  const profiles = new Map<string, string>();
  const accounts = new Map<string, Account>();
  const activities = new Map<string, ActivityChange>();
  const rows = new Map<string, FollowRow>();
  const toldSides = new Map<string, ToldSide>();
  const lines = new Map<string, HistoryLine>();

  async function step<T>(work: () => T): Promise<T> {
    await new Promise<void>((done) => setImmediate(done));
    const what = fate();
    if (what === 'dies-before') throw new Death();
    const result = work();
    if (what === 'dies-after') throw new Death();
    return result;
  }

  const read = (id: string): StoredProfile | undefined => {
    const text = profiles.get(id);
    return text === undefined ? undefined : (JSON.parse(text) as StoredProfile);
  };
  const put = (profile: StoredProfile): void => {
    profiles.set(profile.id, JSON.stringify({ ...profile, version: profile.version + 1 }));
  };
  const fits = (profile: StoredProfile): boolean => (read(profile.id)?.version ?? 0) === profile.version;

  const identities: IdentityIndex = {
    lookUp: (keys) =>
      step(() => ({
        owners: new Map(keys.flatMap((key) => (index.has(key) ? [[key, index.get(key) ?? ''] as const] : []))),
        erased: new Map(keys.flatMap((key) => (graves.has(key) ? [[key, graves.get(key) ?? 0] as const] : []))),
        suppressed: new Set(keys.filter((key) => marks.get(key) === true)),
        vacant: new Set(keys.filter((key) => marks.has(key) && !index.has(key))),
        hinted: new Map(
          keys.flatMap((key) =>
            (hinted.get(key) ?? 0) > (reread.get(key) ?? 0) ? [[key, hinted.get(key) ?? 0] as const] : [],
          ),
        ),
      })),
    note: (what, keys, at) =>
      step(() => {
        const notes = what === 'hinted' ? hinted : reread;
        for (const key of keys) if (index.has(key)) notes.set(key, Math.max(at, notes.get(key) ?? 0));
      }),
    mark: (key, suppressed) =>
      step(() => {
        if (suppressed || marks.has(key)) marks.set(key, suppressed);
      }),
    claim: (claims) =>
      step(() => {
        const lost = new Set<string>();
        for (const { key, profile, over, erased, vacant } of claims) {
          const unseen = over === undefined && vacant !== true && marks.has(key);
          if (index.get(key) !== over || unseen) {
            lost.add(key);
            continue;
          }
          index.set(key, profile);
          if (erased !== undefined) graves.set(key, erased);
        }
        return lost;
      }),
  };
  const profileStore: ProfileStore = {
    read: (ids) =>
      step(
        () => new Map(ids.flatMap((id) => (read(id) === undefined ? [] : [[id, read(id) as StoredProfile] as const]))),
      ),
    write: (batch) =>
      step(() => {
        const done = batch.filter(fits);
        for (const profile of done) put(profile);
        return new Map(batch.map((one) => [one.id, done.includes(one) ? 'written' : 'conflict'] as const));
      }),
    writeTogether: (batch, must, shortcuts) =>
      step(() => {
        if (batch.length + must.length > mostAsOne) return 'too-large';
        const moves = [...must, ...shortcuts.slice(0, mostAsOne - batch.length - must.length)];
        if (!batch.every(fits) || !moves.every(({ key, from }) => index.get(key) === from)) return 'conflict';
        for (const profile of batch) put(profile);
        for (const { key, to } of moves) index.set(key, to);
        return 'written';
      }),
    clearOutboxes: (batch) =>
      step(() => {
        for (const { id, version } of batch) {
          const held = read(id);
          if (held?.version !== version) continue;
          const dueAt = 'flipsAt' in held ? held.flipsAt : null;
          profiles.set(id, JSON.stringify({ ...held, outbox: [], dueAt }));
        }
      }),
    async *due(from, until) {
      const due = [...profiles.keys()].filter((id) => {
        const at = read(id)?.dueAt ?? Number.POSITIVE_INFINITY;
        return at >= from && at <= until;
      });
      if (due.length > 0) yield due;
    },
    async *scan(part, of, after) {
      const mine = [...profiles.keys()].filter((id) => partOf(id, of) === part).sort();
      const left = mine.filter((id) => after === undefined || id > after);
      for (let at = 0; at === 0 || at < left.length; at += PEOPLE_IN_PAGE) {
        const ids = left.slice(at, at + PEOPLE_IN_PAGE);
        const people = await step(() => ids.map((id) => read(id) as StoredProfile));
        const last = ids.at(-1);
        const more = at + PEOPLE_IN_PAGE < left.length && last !== undefined;
        yield { people, readUnits: people.length / 2, ...(more ? { after: last } : {}) };
      }
    },
  };
  const accountStore: AccountStore = {
    read: (ids) =>
      step(() => new Map(ids.flatMap((id) => (accounts.has(id) ? [[id, accounts.get(id) as Account] as const] : [])))),
    write: (batch) =>
      step(() => {
        const done = batch.filter(({ id, version }) => (accounts.get(id)?.version ?? 0) === version);
        for (const account of done) accounts.set(account.id, { ...account, version: account.version + 1 });
        return new Set(done.map(({ id }) => id));
      }),
  };
  const activityStore: ActivityStore = {
    put: (batch) =>
      step(() => {
        for (const one of batch) {
          const key = `${one.fragment}\n${one.keyAt ?? one.at}\n${one.id}`;
          const held = activities.get(key);
          const wins =
            one.keyAt === undefined
              ? readAt(held) <= readAt(one) || one.read === undefined
              : held === undefined || one.at < held.at;
          if (held === undefined || wins) activities.set(key, one);
        }
      }),
    latest: (fragment, most, from) =>
      step(() =>
        [...activities.values()]
          .filter((one) => one.fragment === fragment && (from === undefined || activityKey(one) <= from))
          .sort((a, b) => (activityKey(a) < activityKey(b) ? 1 : -1))
          .slice(0, most),
      ),
    count: (fragment) => step(() => [...activities.values()].filter((one) => one.fragment === fragment).length),
    async *all(fragment) {
      yield [...activities.values()].filter((one) => one.fragment === fragment);
    },
    drop: (batch) =>
      step(() => {
        for (const one of batch) {
          const key = `${one.fragment}\n${one.at}\n${one.id}`;
          if (readAt(activities.get(key)) === readAt(one)) activities.delete(key);
        }
      }),
    erase: (fragment, upTo = Number.POSITIVE_INFINITY) =>
      step(() => {
        const theirs = [...activities].filter(([, one]) => one.fragment === fragment && Date.parse(one.at) <= upTo);
        for (const [key] of theirs) activities.delete(key);
        return theirs.length;
      }),
  };
  const history: HistoryStore = {
    put: (list) =>
      step(() => {
        for (const line of list) lines.set(`${line.profile}\n${line.segment}\n${line.at}`, line);
      }),
    ofProfile: (profile, most) =>
      step(() =>
        [...lines.values()]
          .filter((line) => line.profile === profile)
          .sort((a, b) => b.at - a.at)
          .slice(0, most),
      ),
    ofSegment: (segment, day, most) =>
      step(() => [...lines.values()].filter((line) => line.segment === segment && dayOf(line) === day).slice(0, most)),
    countDay: (segment, day, from = 0) =>
      step(() => {
        const theirs = [...lines.values()].filter((line) => line.segment === segment && dayOf(line) === day);
        const found = theirs.filter(({ at }) => at >= from);
        return {
          entered: found.filter(({ member }) => member).length,
          left: found.filter((one) => !one.member).length,
        };
      }),
    erase: (profile) =>
      step(() => {
        const theirs = [...lines.keys()].filter((key) => key.startsWith(`${profile}\n`));
        for (const key of theirs) lines.delete(key);
        return theirs.length;
      }),
  };
  const memberships: Pick<
    MembershipStore,
    'writeRows' | 'accountPeople' | 'eraseRows' | 'readAudienceRows' | 'settle' | 'audienceParts' | 'audienceRows'
  > = {
    audienceParts: AUDIENCE_PARTS,
    async *audienceRows(audience, part) {
      const ids = [...rows.values()].flatMap((row) =>
        row.row === 'audience' && row.audience === audience ? [row.profile] : [],
      );
      const mine = ids.filter((id) => part === undefined || partOf(id, AUDIENCE_PARTS) === part);
      yield [...(await memberships.readAudienceRows(audience, mine)).values()];
    },
    settle: (audience, settled) =>
      step(() => {
        for (const { row, told } of settled) {
          if (told !== undefined) toldSides.set(`${audience}\n${row.profile}`, told);
        }
        return new Set();
      }),
    readAudienceRows: (audience, ids) =>
      step(() => {
        const found = new Map<string, AudienceRow>();
        for (const row of rows.values()) {
          if (row.row !== 'audience' || row.audience !== audience || !ids.includes(row.profile)) continue;
          const { profile, wanted, version, told: own } = row as typeof row & { told?: ToldSide };
          const told = own ?? toldSides.get(`${audience}\n${profile}`);
          const sides = {
            wanted,
            wantedVersion: version,
            toldVersion: told === undefined ? 0 : 1,
            pending: told === undefined,
          };
          found.set(profile, { profile, ...sides, ...(told === undefined ? {} : { told }) });
        }
        return found;
      }),
    writeRows: (batch) =>
      step(() => {
        for (const row of batch) {
          const owner = row.row === 'segment' ? row.segment : row.row === 'audience' ? row.audience : row.account;
          const key = `${row.row}\n${owner}\n${row.profile}`;
          if ((rows.get(key)?.version ?? 0) < row.version) rows.set(key, row);
        }
      }),
    eraseRows: (of, owner, ids) =>
      step(() => {
        for (const id of ids) rows.delete(`${of}\n${owner}\n${id}`);
      }),
    async *accountPeople(account) {
      const people = [...rows.values()].filter((row) => row.row === 'account' && row.account === account && row.linked);
      yield people.map(({ profile }) => profile);
    },
  };
  return {
    identities,
    profiles: profileStore,
    accounts: accountStore,
    activities: activityStore,
    history,
    memberships: memberships as MembershipStore,
    /** The living profiles and the pointers, as stored. */
    living: (): Profile[] =>
      [...profiles.keys()]
        .map((id) => read(id))
        .filter((one): one is Profile => one !== undefined && 'fragments' in one),
    tombstones: (): ErasedProfile[] => [...profiles.keys()].map((id) => read(id)).filter(isErased),
    pointers: (): MergedProfile[] =>
      [...profiles.keys()]
        .map((id) => read(id))
        .filter((one): one is MergedProfile => one !== undefined && isMerged(one)),
    rows: () => [...rows.values()],
    /** Stands for what a push told the tool about an audience's people. */
    tell: (audience: string, profile: string, side: ToldSide) => toldSides.set(`${audience}\n${profile}`, side),
    lines: () => [...lines.values()],
    /** Everything that is stored, as text: to look for what must not be in it. */
    everything: () =>
      JSON.stringify([[...profiles.values()], [...activities.values()], [...rows.values()], [...lines.values()]]),
    everythingDone: (): ActivityChange[] => [...activities.values()],
    activityCount: () => activities.size,
    owner: (key: string) => index.get(key),
  };
}

export type MemoryStores = ReturnType<typeof openMemoryStores>;
