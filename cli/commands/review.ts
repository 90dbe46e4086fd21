import type { Proposal } from '../../lib/domain/review/proposal.ts';
import type { SegmentHistory } from '../../lib/pipeline/describe/segment-history.ts';
import type { LateDay } from '../../lib/pipeline/resolve/lateness.ts';
import type { ReviewLine } from '../../lib/pipeline/review/reviews.ts';
import { everySegment } from '../every-segment.ts';
import type { ExitStatus } from '../failure.ts';
import { openOutput } from '../output-file.ts';
import { openBar } from '../progress.ts';
import { openStageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly stage?: string;
  readonly html?: string;
}

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
  /** What its latest review proposes, and when that was; null where there is none. */
  readonly proposal: Proposal | null;
  readonly reviewed: string | null;
}

/**
 * `tributary review [--html FILE]`: sizes and movement of all segments in two weeks, what their latest reviews propose, and
 * how punctually windows let people out.
 */
export async function runReview(terminal: Terminal, { html, stage: url }: Options): Promise<ExitStatus> {
  const stage = openStageClient(url);
  const file = html === undefined ? undefined : await openOutput(html);
  const known = await everySegment(stage);
  const reviews = new Map((await stage.get<readonly ReviewLine[]>('/api/reviews')).map((one) => [one.segment, one]));
  const bar = openBar(terminal, 'reviewing', known.length);
  const segments: ReviewedSegment[] = [];
  for (const { segment } of known) {
    const history = await stage.get<SegmentHistory>(`/api/segments/${encodeURIComponent(segment)}/history`);
    segments.push(reviewOf(history, reviews.get(segment)));
    bar.update(segments.length, segment);
  }
  bar.end();
  const lateness = await stage.get<readonly LateDay[]>('/api/lateness');
  if (file !== undefined) {
    const page = await stage.get<{ readonly html: string }>('/api/reviews/page');
    await file.write(page.html);
  }
  if (terminal.json) printJson(terminal, { segments, lateness });
  else {
    printReview(terminal, segments, lateness);
    if (html !== undefined) printLine(terminal, `\n${html}: the latest reviews as a page`);
  }
  return 0;
}

function reviewOf({ segment, days, size }: SegmentHistory, review: ReviewLine | undefined): ReviewedSegment {
  const entered = days.reduce((sum, day) => sum + day.entered, 0);
  const left = days.reduce((sum, day) => sum + day.left, 0);
  const ever = size.members + left;
  const churn = ever === 0 ? null : left / ever;
  const { proposal = null, at: reviewed = null } = review ?? {};
  return { segment, members: size.members, how: size.how, entered, left, churn, proposal, reviewed };
}

function printReview(terminal: Terminal, segments: readonly ReviewedSegment[], lateness: readonly LateDay[]): void {
  const rows = segments.map(({ segment, members, entered, left, churn, proposal, how }) => [
    segment,
    members,
    entered,
    left,
    churn === null ? undefined : `${(churn * 100).toFixed(1)}%`,
    proposal,
    how,
  ]);
  const head = ['segment', 'members', 'entered in 14 days', 'left', 'churn', 'review', 'counted by'];
  printLine(terminal, tableOf(terminal, head, rows));
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
