import { type ActivityChange, activityKey } from '../../domain/change.ts';
import { TributaryError } from '../../domain/errors.ts';
import type { Profile } from '../../domain/profile.ts';
import type { ActivityStore } from '../ports.ts';

/** Some of what a person did, newest first by the senders' own instants, and where to ask for the next ones. */
export interface ActivityPage {
  readonly activities: readonly ActivityChange[];
  readonly next: string | null;
}

const MOST = 200;
const SHOWN = 25;

/**
 * Reads a page of a person's activities over all of their records. `from` is the `next` of the page before: the last
 * activity that was on it. Throws `api/bad-query`.
 */
export async function readActivities(
  { activities }: { readonly activities: Pick<ActivityStore, 'latest'> },
  { fragments }: Pick<Profile, 'fragments'>,
  { most = String(SHOWN), from }: { readonly most?: string | undefined; readonly from?: string | undefined },
): Promise<ActivityPage> {
  const wanted = Number(most);
  const place = from === undefined ? undefined : readPlace(from);
  if (!(Number.isInteger(wanted) && wanted >= 1 && wanted <= MOST) || (from !== undefined && place === undefined)) {
    const message = `most is a number from 1 to ${MOST}, from is the \`next\` of the answer before`;
    throw new TributaryError('rejected', 'api/bad-query', message);
  }
  // One more than is shown says whether there are more; the one at the place itself comes again and is left out.
  const some = Object.keys(fragments).map((fragment) => activities.latest(fragment, wanted + 2, place?.key));
  const later = (await Promise.all(some))
    .flat()
    .map((activity): Placed => ({ activity, key: activityKey(activity), fragment: activity.fragment }))
    .filter((one) => place === undefined || compare(place, one) < 0)
    .sort(compare);
  const shown = later.slice(0, wanted);
  const last = shown.at(-1);
  return {
    activities: shown.map(({ activity }) => activity),
    next: last !== undefined && later.length > wanted ? JSON.stringify([last.key, last.fragment]) : null,
  };
}

interface Place {
  readonly key: string;
  readonly fragment: string;
}

interface Placed extends Place {
  readonly activity: ActivityChange;
}

/** Newest first; of one instant and id, by record. */
function compare(a: Place, b: Place): number {
  if (a.key !== b.key) return a.key < b.key ? 1 : -1;
  if (a.fragment === b.fragment) return 0;
  return a.fragment < b.fragment ? -1 : 1;
}

function readPlace(from: string): Place | undefined {
  try {
    const parsed: unknown = JSON.parse(from);
    if (!Array.isArray(parsed)) return undefined;
    const [key, fragment] = parsed as unknown[];
    return typeof key === 'string' && typeof fragment === 'string' ? { key, fragment } : undefined;
  } catch {
    return undefined; // Not what an answer said.
  }
}
