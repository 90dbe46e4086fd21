import type { Identifier } from '../../lib/domain/change.ts';
import type { Wanted } from '../../lib/domain/profile.ts';
import type { AudienceRow, MembershipStore, ToldSide } from '../../lib/pipeline/ports.ts';

const PARTS = 2;

type Row = { -readonly [Name in keyof AudienceRow]: AudienceRow[Name] };

/** Rows, or ids of the pending index, in one page. */
const PAGE = 250;

function byProfile(a: Row, b: Row): number {
  return a.profile < b.profile ? -1 : 1;
}

/** The rows of one audience, with the promises of the membership store about their two sides. */
export function openMemoryAudience() {
  const rows = new Map<string, Row>();
  /** Ids that the pending index shows although the row is not pending any more. */
  const lagging = new Set<string>();
  const memberships: Pick<
    MembershipStore,
    'audienceParts' | 'audienceRows' | 'pending' | 'readAudienceRows' | 'settle' | 'enter'
  > = {
    audienceParts: PARTS,
    async *audienceRows(_audience, part, after = '') {
      const isIn = ({ profile }: Row) => profile > after && (part === undefined || profile.length % PARTS === part);
      const shown = [...rows.values()].filter(isIn).sort(byProfile);
      for (let at = 0; at < shown.length; at += PAGE) yield shown.slice(at, at + PAGE).map((row) => ({ ...row }));
    },
    async *pending(_audience, after = '') {
      const ids = [...rows.values()].filter(({ pending }) => pending).map(({ profile }) => profile);
      const shown = [...new Set([...ids, ...lagging])].filter((id) => id > after).sort();
      for (let at = 0; at < shown.length; at += PAGE) yield shown.slice(at, at + PAGE);
    },
    async readAudienceRows(_audience, profiles) {
      return new Map(
        profiles.flatMap((id) => {
          const row = rows.get(id);
          return row === undefined ? [] : [[id, { ...row }] as const];
        }),
      );
    },
    async settle(_audience, settled) {
      const moved = new Set<string>();
      for (const { row, told, pending } of settled) {
        const held = rows.get(row.profile);
        if (held === undefined || held.toldVersion !== row.toldVersion) {
          moved.add(row.profile);
          continue;
        }
        const acted = held.wantedVersion === row.wantedVersion;
        if (!acted) moved.add(row.profile);
        if (told !== undefined) Object.assign(held, { told, toldVersion: held.toldVersion + 1 });
        if (acted) held.pending = pending;
      }
      return moved;
    },
    async enter(_audience, entered) {
      const there = new Set<string>();
      for (const { profile, told, pending } of entered) {
        if (rows.has(profile)) there.add(profile);
        else rows.set(profile, { profile, wanted: unwanted, wantedVersion: 0, told, toldVersion: 1, pending });
      }
      return there;
    },
  };
  return {
    memberships: memberships as MembershipStore,
    rows,
    lagging,
    /** Writes the wanted side, as resolve does. */
    want(profile: string, wanted: Wanted): void {
      const held = rows.get(profile);
      if (held === undefined)
        rows.set(profile, { profile, wanted, wantedVersion: 1, toldVersion: 0, pending: wanted.in });
      else Object.assign(held, { wanted, wantedVersion: held.wantedVersion + 1, pending: true });
    },
    told: (profile: string): ToldSide | undefined => rows.get(profile)?.told,
  };
}

/** Wanted under these e-mail addresses. */
export function wantedAs(...addresses: readonly string[]): Wanted {
  return { in: true, keys: addresses.map((value): Identifier => ({ type: 'email', value })) };
}

export const unwanted: Wanted = { in: false, reason: 'not-in-segment' };
