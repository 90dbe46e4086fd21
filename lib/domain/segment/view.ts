import type { Milliseconds } from '../instant.ts';
import type { Json } from '../json.ts';
import type { Entry } from './entries.ts';

/** What the evaluator may ask about one person. Each question is asked at most once per evaluation. */
export interface PersonView {
  readonly id: string;
  /** The value at a dotted path; undefined or null = missing. */
  trait(path: string): Json | undefined;
  /** Since when the value at the path holds; undefined when nobody knows. */
  since?(path: string): Milliseconds | undefined;
  /** What `observe` left for a leaf, merged over all fragments: newest first. */
  entries(leafKey: string): readonly Entry[];
  /** Everything ever done for a leaf whose entries overflowed, from stored activities; undefined = not loaded. */
  history?(leafKey: string): readonly Entry[] | undefined;
  /** From when on the person permits the purpose at one of their addresses, in ms; Infinity = never, as things stand. */
  consent(purpose: string): Milliseconds;
  /** The same of a channel. */
  subscribed(channel: string): Milliseconds;
  /** Asked only for segments that are not in the program; undefined counts as not a member. */
  memberOf?(segment: string): boolean | undefined;
}
