import { TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Comment } from '../../domain/review/review.ts';
import type { Clock, MembershipStore, StateStore } from '../ports.ts';
import { FACTS_KEPT_MS } from './day-facts.ts';

/** What the team says of a segment: comments, and members marked right or wrong. */
interface TeamDeps {
  readonly state: StateStore;
  readonly clock: Clock;
}

const MOST_COMMENTS = 200;
/** Members that are looked through for some that nobody marked yet. */
const LOOKED_THROUGH = 1_000;

/** Somebody's word that a member is rightly in a segment, or is not. */
export interface Mark {
  readonly profile: string;
  readonly mark: 'right' | 'wrong';
  readonly by: string;
  readonly at: string;
}

interface KeptMark extends Mark {
  /** Version of the segment's condition that let the person in: of another condition it says nothing. */
  readonly version: string;
}

/** Comments on a segment, newest first. */
export async function readComments(state: StateStore, segment: string): Promise<readonly Comment[]> {
  return (await state.list(commentsOf(segment), { most: MOST_COMMENTS })).map(({ body }) => body as unknown as Comment);
}

export async function writeComment(
  { state, clock }: TeamDeps,
  segment: string,
  { by, text }: Pick<Comment, 'by' | 'text'>,
): Promise<Comment> {
  const now = clock.now().getTime();
  const comment = { by, at: formatInstant(now), text };
  const id = `${comment.at}#${clock.random().toString(36).slice(2, 10)}`;
  await state.put(commentsOf(segment), id, comment, 0, { expiresAt: now + FACTS_KEPT_MS });
  return comment;
}

/** Marks under the condition as it is, by profile. */
export async function readMarks(state: StateStore, segment: string, version: string): Promise<readonly Mark[]> {
  const marks: Mark[] = [];
  for await (const page of state.all(marksKind(segment))) {
    for (const { body } of page) {
      const { version: given, ...mark } = body as unknown as KeptMark;
      if (given === version) marks.push(mark);
    }
  }
  return marks;
}

/** Keeps a mark; of one member the last stands. */
export async function writeMark(
  { state, clock }: TeamDeps,
  segment: string,
  version: string,
  given: Omit<Mark, 'at'>,
): Promise<Mark> {
  const now = clock.now().getTime();
  const mark: Mark = { ...given, at: formatInstant(now) };
  for (;;) {
    const held = await state.get(marksKind(segment), mark.profile);
    const body = { ...mark, version };
    const options = { expiresAt: now + FACTS_KEPT_MS };
    if (await state.put(marksKind(segment), mark.profile, body, held?.version ?? 0, options)) return mark;
  }
}

/**
 * Members that nobody marked yet, to be looked at: the first in the order of their ids, which are hashes, so that they are a
 * random sample.
 */
export async function membersToMark(
  memberships: MembershipStore,
  segment: string,
  marks: readonly Mark[],
  most: number,
): Promise<readonly string[]> {
  const marked = new Set(marks.map(({ profile }) => profile));
  const { members } = await memberships.someMembers(segment, Math.min(LOOKED_THROUGH, most + marked.size));
  return members
    .map(({ profile }) => profile)
    .filter((profile) => !marked.has(profile))
    .slice(0, most);
}

/** Takes the marks of erased people away. Returns how many there were. */
export async function eraseMarks(
  state: StateStore,
  segments: readonly string[],
  profiles: readonly string[],
): Promise<number> {
  let count = 0;
  for (const segment of segments) {
    for (const profile of profiles) {
      if ((await state.get(marksKind(segment), profile)) === undefined) continue;
      await state.remove(marksKind(segment), profile);
      count += 1;
    }
  }
  return count;
}

/** The version of a segment's condition. Throws `api/no-such-segment`. */
export function versionIn(
  program: { readonly compiled: readonly { readonly id: string; readonly version: string }[] },
  segment: string,
): string {
  const found = program.compiled.find(({ id }) => id === segment);
  if (found !== undefined) return found.version;
  throw new TributaryError('rejected', 'api/no-such-segment', `no segment is called ${segment}`);
}

function commentsOf(segment: string): string {
  return `comment#${segment}`;
}

function marksKind(segment: string): string {
  return `mark#${segment}`;
}
