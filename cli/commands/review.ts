import type { SegmentHistory } from '../../lib/pipeline/describe/segment-history.ts';
import type { LateDay } from '../../lib/pipeline/resolve/lateness.ts';
import type { ExitStatus } from '../failure.ts';
import { openBar } from '../progress.ts';
import { openStageClient, type StageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly segment: string | undefined;
  readonly stage?: string;
}

const MEMBERS_SHOWN = 5;

/** How a segment did in the latest two weeks. */
interface ReviewedSegment {
  readonly segment: string;
  readonly members: number;
  /** `recount + live`, or `rows` before the first recount. */
  readonly how: string;
  readonly entered: number;
  readonly left: number;
  /** People who left, of those who were in it or came; null of an empty segment. */
  readonly churn: number | null;
}

/** `tributary review [SEGMENT]`: sizes and movement of segments in two weeks, and how punctually windows let people out. */
export async function runReview(terminal: Terminal, { segment, stage: url }: Options): Promise<ExitStatus> {
  const stage = openStageClient(url);
  const known = await stage.get<readonly { readonly segment: string }[]>('/api/segments');
  const wanted = segment === undefined ? known.map((one) => one.segment) : [segment];
  const bar = openBar(terminal, 'reviewing', wanted.length);
  const segments: ReviewedSegment[] = [];
  for (const one of wanted) {
    segments.push(reviewOf(await stage.get<SegmentHistory>(`/api/segments/${encodeURIComponent(one)}/history`)));
    bar.update(segments.length, one);
  }
  bar.end();
  const lateness = await stage.get<readonly LateDay[]>('/api/lateness');
  if (terminal.json) printJson(terminal, { segments, lateness });
  else {
    printReview(terminal, segments, lateness);
    if (segment !== undefined) await printMembers(terminal, stage, segment);
  }
  return 0;
}

/** Some people of a segment, to ask about one of them. */
async function printMembers(terminal: Terminal, stage: StageClient, segment: string): Promise<void> {
  const path = `/api/segments/${encodeURIComponent(segment)}/members?most=${MEMBERS_SHOWN}`;
  const { members } = await stage.get<{ readonly members: readonly { readonly profile: string }[] }>(path);
  const [first] = members;
  if (first === undefined) return;
  printLine(terminal, `\n${terminal.paint('bold', 'Some of its people')}`);
  for (const { profile } of members) printLine(terminal, profile);
  printLine(terminal, terminal.paint('dim', `why one is in it: ${terminal.self} why ${segment} ${first.profile}`));
}

function reviewOf({ segment, days, size }: SegmentHistory): ReviewedSegment {
  const entered = days.reduce((sum, day) => sum + day.entered, 0);
  const left = days.reduce((sum, day) => sum + day.left, 0);
  const ever = size.members + left;
  return { segment, members: size.members, how: size.how, entered, left, churn: ever === 0 ? null : left / ever };
}

function printReview(terminal: Terminal, segments: readonly ReviewedSegment[], lateness: readonly LateDay[]): void {
  const rows = segments.map(({ segment, members, entered, left, churn, how }) => [
    segment,
    members,
    entered,
    left,
    churn === null ? undefined : `${(churn * 100).toFixed(1)}%`,
    how,
  ]);
  printLine(
    terminal,
    tableOf(terminal, ['segment', 'members', 'entered in 14 days', 'left', 'churn', 'counted by'], rows),
  );
  printLine(terminal, `\n${terminal.paint('bold', 'Windows that closed')}: how long after their instant people left`);
  const [latest] = lateness;
  if (latest === undefined) {
    printLine(terminal, 'no window has closed yet');
    return;
  }
  const days = lateness.map(({ day, flips, p50, p99, worst, promised }) => {
    const late = p99 !== null && p99 > promised;
    return [day, flips, secondsOf(p50), late ? `${secondsOf(p99)} !` : secondsOf(p99), secondsOf(worst)];
  });
  printLine(terminal, tableOf(terminal, ['day', 'answers', 'half within', '99 of 100 within', 'worst'], days));
  printLine(terminal, terminal.paint('dim', `promised: 99 of 100 within ${latest.promised} seconds`));
}

function secondsOf(seconds: number | null): string {
  return seconds === null ? '–' : `${seconds.toLocaleString('en-US', { maximumFractionDigits: 1 })} s`;
}
