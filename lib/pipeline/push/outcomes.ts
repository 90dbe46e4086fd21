import type { Outcome } from '../../connectors/contract.ts';
import { csvCell } from '../../domain/csv-cell.ts';
import type { Archive, ToldSide } from '../ports.ts';
import type { PushRun } from './push-run.ts';

/** What became of one member of one run. Names the profile and no address, so that an export says nothing by itself. */
export interface OutcomeLine {
  readonly profile: string;
  readonly op: 'add' | 'remove';
  readonly status: Outcome['status'] | 'postponed';
  readonly code?: string;
  /** RFC 3339. */
  readonly at: string;
  readonly consent?: ToldSide['consent'];
}

type RunName = Pick<PushRun, 'id' | 'audience'>;

/** Stores one part of a run's outcomes. Part numbers are the run's own, so a part that is written twice is the same part. */
export async function putOutcomes(
  archive: Pick<Archive, 'put'>,
  run: RunName,
  part: number,
  lines: readonly OutcomeLine[],
): Promise<void> {
  await archive.put(keyOf(run, part), lines);
}

/** One part of a run's outcomes; undefined when it is not kept any more. */
export async function readOutcomes(
  archive: Pick<Archive, 'lines'>,
  run: RunName,
  part: number,
): Promise<readonly OutcomeLine[] | undefined> {
  return (await archive.lines(keyOf(run, part))) as unknown as readonly OutcomeLine[] | undefined;
}

const COLUMNS = ['profile', 'op', 'status', 'code', 'at', 'consent_topic', 'consent_source', 'consent_at'];

/** The first line of outcomes as CSV. */
export const CSV_HEAD = `${COLUMNS.join(',')}\r\n`;

/** One line of CSV (RFC 4180). A cell that a spreadsheet would take for a formula is made text. */
export function csvLine({ profile, op, status, code = '', at, consent }: OutcomeLine): string {
  const cells = [profile, op, status, code, at, consent?.topic ?? '', consent?.source ?? '', consent?.at ?? ''];
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function keyOf({ id, audience }: RunName, part: number): string {
  return `outcomes/${audience}/${id}/${String(part).padStart(6, '0')}.ndjson.gz`;
}
