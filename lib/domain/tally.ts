/** What is not as it was asked for, by the tool or by the person: seldom, and worth a look. */
export const notAsAsked = ['unmatched', 'refused', 'rejected', 'retry'] as const;

/** How a member of a push may end, in the order in which it is listed. */
export const memberOutcomes = ['applied', 'unchanged', ...notAsAsked, 'postponed'] as const;

/** What a push counts its members as, in the order in which it is listed. */
export const pushCounts = ['added', 'removed', 'unchanged', ...notAsAsked, 'postponed'] as const;

/** What people of an audience and its calls are counted as, in the order in which it is listed. */
export const audienceCounts = [
  ...(['wanted', 'added', 'removed', 'unchanged', 'blocked'] as const),
  ...notAsAsked,
  'calls',
] as const;

/**
 * Counts of one run by named outcome. `postponed` = in the plan and not sent, because the row moved since, is paused or
 * waits for another list: the next run's work.
 */
export type PushTally = Record<(typeof pushCounts)[number] | 'calls', number>;

/** People of an audience by how they ended; how much of that is one push is said by whoever counts. */
export type AudienceCounts = Record<(typeof audienceCounts)[number], number>;

export function emptyTally(): PushTally {
  return noneOf([...pushCounts, 'calls']);
}

export function noCounts(): AudienceCounts {
  return noneOf(audienceCounts);
}

function noneOf<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}
