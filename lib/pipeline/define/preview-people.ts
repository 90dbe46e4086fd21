import { leavingLists } from '../../domain/compare-definitions.ts';
import type { Compiled } from '../../domain/decide.ts';
import { TributaryError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import {
  addPreviews,
  compareCompiled,
  countPerson,
  emptyPreview,
  type Preview,
  type PreviewRow,
} from '../../domain/preview.ts';
import type { Profile } from '../../domain/profile.ts';
import type { ActivityStore, MembershipStore } from '../ports.ts';
import { decideAlone } from '../resolve/decide-alone.ts';
import { isLiving } from '../resolve/gather.ts';
import type { Versions } from '../resolve/refill.ts';
import type { Scan, ScanWork } from './scan.ts';

/** What the scan of a plan needs to know: which definitions to compare, and at which instant everybody is decided. */
export interface PreviewAbout {
  readonly base: string;
  readonly candidate: string;
  /** Ms. One instant for all, so that parts that are walked later count the same people. */
  readonly at: number;
}

interface PreviewDeps {
  readonly activities: ActivityStore;
  readonly memberships: Pick<MembershipStore, 'readAudienceRows' | 'audienceRows' | 'audienceParts'>;
  readonly versions: Versions;
}

/** The scan of a plan: decides everybody it meets by both definitions and counts what differs. Writes nothing about them. */
export function previewWork(deps: PreviewDeps): ScanWork {
  const compiledFor = ({ about }: Scan) => {
    const { base, candidate } = about as unknown as PreviewAbout;
    return Promise.all([known(deps, base), known(deps, candidate)]);
  };
  return {
    async begin(scan, part) {
      const [before, after] = await compiledFor(scan);
      const left: Record<string, number> = {};
      for (const { audience } of leavingLists(before.definitions, after.definitions))
        left[audience] = await countTold(deps, audience, part, scan.parts);
      return { ...emptyPreview(), left } as unknown as JsonObject;
    },
    async people(scan, people, found) {
      const about = scan.about as unknown as PreviewAbout;
      const [before, after] = await compiledFor(scan);
      const comparison = compareCompiled(before, after);
      const preview = emptyPreview();
      const living = people.filter(isLiving);
      const decided = await Promise.all(
        living.map(async (profile) => {
          const [was, is] = [
            await decideAlone(deps, profile, before, about.at),
            await decideAlone(deps, profile, after, about.at),
          ];
          if (is.fragments > 0) {
            preview.history.people += 1;
            preview.history.fragments += is.fragments;
            preview.history.activities += is.activities;
          }
          return { before: was.profile, after: is.profile, now: about.at };
        }),
      );
      const rows = await rowsOf(deps, after, decided);
      for (const one of decided)
        countPerson(preview, comparison, { ...one, rows: rows.get(one.after.id) ?? new Map() });
      return addPreviews([readPreview(found), preview]) as unknown as JsonObject;
    },
  };
}

/** What a part found so far; nothing yet is an empty preview. */
export function readPreview(found: JsonObject): Preview {
  return { ...emptyPreview(), ...(found as unknown as Partial<Preview>) };
}

/**
 * How many of one of `of` shares of an audience's rows say that the tool has them. The rows themselves are asked and not the
 * people: they are also of ids that were merged away, of erased people, and of strangers whom a check found.
 */
async function countTold({ memberships }: PreviewDeps, audience: string, share: number, of: number): Promise<number> {
  let count = 0;
  for (let part = share; part < memberships.audienceParts; part += of)
    for await (const rows of memberships.audienceRows(audience, part))
      count += rows.filter(({ told }) => told?.in === true).length;
  return count;
}

/** Both sides of the audience rows of whoever is, was or would be wanted. Nobody else has a row that a push would change. */
async function rowsOf(
  deps: PreviewDeps,
  after: Compiled,
  decided: readonly { readonly before: Profile; readonly after: Profile }[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, PreviewRow>>> {
  const found = new Map<string, Map<string, PreviewRow>>();
  for (const { audience } of after.definitions.audiences) {
    const ids = decided
      .filter((one) => one.before.wanted[audience] !== undefined || one.after.wanted[audience] !== undefined)
      .map((one) => one.after.id);
    if (ids.length === 0) continue;
    for (const [id, row] of await deps.memberships.readAudienceRows(audience, ids)) {
      const ofPerson = found.get(id) ?? new Map<string, PreviewRow>();
      ofPerson.set(audience, row);
      found.set(id, ofPerson);
    }
  }
  return found;
}

async function known(deps: PreviewDeps, version: string): Promise<Compiled> {
  const compiled = await deps.versions(version);
  if (compiled !== undefined) return compiled;
  throw new TributaryError('defect', 'definitions/lost', `the definitions ${version} are not in the archive`);
}

/** Who a scan of a plan has been through: all people, or a random sample of them. */
export function isSample({ parts, of }: Pick<Scan, 'parts' | 'of'>): boolean {
  return parts < of;
}
