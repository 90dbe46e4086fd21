import { isJsonObject } from '../domain/json.ts';
import { leavesAt, leavesOf, type PlacedLeaf } from './conditions.ts';
import { type Filled, type Named, namedAt, unfilled, warn } from './filled.ts';
import type { Problem } from './problem.ts';
import type { Sources } from './references.ts';
import type { Source } from './source.ts';

/** Audiences that say nothing of consent: the list is sent those who refused, too. An empty `needs` says that it is meant. */
export function unsaidNeeds({ audiences }: Sources): Problem[] {
  return audiences.flatMap((source) => {
    if (!isJsonObject(source.value) || source.value.needs !== undefined) return [];
    const found = 'nothing of consent: whoever refused is sent too';
    const expected =
      'needs: with what people agreed to, such as { subscribed: email }, or {} where nobody is written to by the list';
    return [warn(source, { path: ['audience'], code: 'workspace/no-needs', found, expected })];
  });
}

/** Channels and purposes about which no connection tells anybody's consent: nobody permits them, and `not` holds for all. */
export function unfilledTopics({ segments, audiences }: Sources, { topics }: Filled): Problem[] {
  const warnOf = (source: Source, named: readonly Named[]) =>
    named.flatMap(({ name, at }) => (topics.has(name) ? [] : [warn(source, unfilled('topic', name, at, topics))]));
  const inSegments = segments.flatMap((source) => warnOf(source, leavesOf(source).flatMap(topicsIn)));
  const inAudiences = audiences.flatMap((source) => {
    const value = isJsonObject(source.value) ? source.value : {};
    const needs = isJsonObject(value.needs) ? value.needs : {};
    const purposes = Array.isArray(needs.consent) ? needs.consent : [];
    return warnOf(source, [
      ...leavesAt(value.segment, ['segment']).flatMap(topicsIn),
      ...namedAt(needs, 'subscribed', ['needs']),
      ...purposes.flatMap((name, at): Named[] =>
        typeof name === 'string' ? [{ name, at: ['needs', 'consent', at] }] : [],
      ),
    ]);
  });
  return [...inSegments, ...inAudiences];
}

function topicsIn({ leaf, path }: PlacedLeaf): Named[] {
  return [...namedAt(leaf, 'consent', path), ...namedAt(leaf, 'subscribed', path)];
}
