import type { Definitions } from '../../domain/definitions.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Profile } from '../../domain/profile.ts';

/** A segment that somebody is in. */
export interface PersonSegment {
  readonly segment: string;
  readonly title: string;
  readonly since: string;
}

/** The segments that a person is in, in the order of the definitions. */
export function personSegments(
  { segments }: Pick<Definitions, 'segments'>,
  { memberships }: Pick<Profile, 'memberships'>,
): readonly PersonSegment[] {
  return segments.flatMap(({ segment, title }) => {
    const since = memberships[segment];
    return since === undefined ? [] : [{ segment, title: title ?? segment, since: formatInstant(since) }];
  });
}
