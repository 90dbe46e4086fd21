import { canonicalText } from '../../../lib/domain/canonical.ts';
import type { ActivityChange } from '../../../lib/domain/change.ts';
import type { JsonObject } from '../../../lib/domain/json.ts';
import type { Mapping } from '../../../lib/domain/mapping.ts';
import type { Profile } from '../../../lib/domain/profile.ts';
import { NOW } from '../world.ts';

const HOUR = 3_600_000;

/** A mapping of acts: which kinds it knows by which names, and which field is the act's id. */
export function actsBy(version: number, names: Readonly<Record<string, string>>, id = 'act'): Mapping {
  return {
    version,
    object: 'contact',
    subject: 'person',
    id: ['id'],
    at: ['at'],
    activity: { id: [id], name: { from: 'what', names }, properties: { via: { from: 'via' } } },
  };
}

/** One act of a person, some hours before now, as the tool keeps it. */
export function anAct(act: string, { id = '1', what = 'open', hour = 1, via = 'mail' } = {}): JsonObject {
  return { id, act, other: `other-${act}`, what, via, at: new Date(NOW - hour * HOUR).toISOString() };
}

/**
 * What became of activities, as bytes: what is stored, what each record remembers of it, who is in which segment. A record
 * that only activities made known, and that has none any more, says nothing.
 */
export function doneText(activities: readonly ActivityChange[], people: readonly Profile[]): string {
  const rows = activities.map(({ read: _, mapping: __, identifiers: ___, ...done }) => canonicalText(done)).sort();
  const remembered = people.flatMap(({ fragments, memberships }) => {
    const did = Object.fromEntries(
      Object.entries(fragments)
        .filter(([, fragment]) => Object.keys(fragment.did).length > 0)
        .map(([id, fragment]) => [id, fragment.did] as const),
    );
    const segments = Object.keys(memberships).sort();
    return Object.keys(did).length + segments.length === 0 ? [] : [canonicalText({ did, segments })];
  });
  return [...rows, ...remembered.sort()].join('\n');
}
