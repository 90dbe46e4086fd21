import type { HistoryEntry } from '../lib/pipeline/describe/segment-history.ts';

const MOVERS = {
  data: 'by new data',
  time: 'by time',
  definition: 'because the segment was changed',
  merge: 'because records were joined or parted',
  model: 'by what was learned anew',
} as const;

/** One line of history: `2026-11-20T04:10:00.000Z  entered lapsing, by time: did Email Opened not at all within 30 days`. */
export function tellMovement({ at, entered, segment, why }: HistoryEntry): string {
  const reason = why === null ? '' : `, ${MOVERS[why.moved]}${why.leaf === undefined ? '' : `: ${why.leaf}`}`;
  return `${at}  ${entered ? 'entered' : 'left'} ${segment}${reason}`;
}
