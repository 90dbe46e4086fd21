import type { Milliseconds } from '../instant.ts';
import type { Entry } from './entries.ts';
import { type Feed, movingValue } from './feed.ts';
import type { Signed } from './signed.ts';

/** Whether one entry counts, and how long that stays so. */
export type EntryTest = (entry: Entry, at: Milliseconds) => Signed;

/** The tests of a feed whose answers move with time. */
export function movingTests(feed: Feed): EntryTest[] {
  return feed.moving.map((matcher, index): EntryTest => {
    const sign = matcher.negate ? -1 : 1;
    return (entry, at) => sign * matcher.answer(movingValue(entry, index), at);
  });
}
