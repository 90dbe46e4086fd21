import { TributaryError } from '../../lib/domain/errors.ts';
import type { Review } from '../../lib/domain/review/review.ts';
import { partsOfReview, type ReviewPart } from '../../lib/domain/review/review-lines.ts';
import type { Job } from '../../lib/pipeline/jobs/jobs.ts';
import type { ExitStatus } from '../failure.ts';
import { followJob } from '../follow-job.ts';
import { openOutput } from '../output-file.ts';
import { openStageClient, type StageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly segment: string;
  readonly stage?: string;
  /** The latest review as it is kept: nobody is counted. */
  readonly last?: true;
  readonly html?: string;
}

const MEMBERS_SHOWN = 5;

/** `tributary review SEGMENT [--last] [--html FILE]`: counts everybody and reviews one segment, or shows its latest review. */
export async function runReviewOne(
  terminal: Terminal,
  { segment, last, html, stage: url }: Options,
): Promise<ExitStatus> {
  const stage = openStageClient(url);
  const file = html === undefined ? undefined : await openOutput(html);
  const path = `/api/segments/${encodeURIComponent(segment)}`;
  if (last !== true) {
    const started = await stage.post<Job>(`${path}/reviews`, {});
    const job = await followJob(terminal, stage, started, () => `counting everybody to review ${segment}`);
    if (job.state !== 'finished') {
      const { code, message } = job.error ?? { code: 'review/failed', message: 'the review did not end well' };
      throw new TributaryError('transient', code, message);
    }
  }
  const [review] = await stage.get<readonly Review[]>(`${path}/reviews?most=1`);
  if (review === undefined) {
    const message = `${segment} was never reviewed; leave --last out to review it now`;
    throw new TributaryError('rejected', 'api/no-such-review', message);
  }
  if (file !== undefined) {
    const page = await stage.get<{ readonly html: string }>(`${path}/reviews/${encodeURIComponent(review.at)}/page`);
    await file.write(page.html);
  }
  if (terminal.json) {
    printJson(terminal, review);
    return 0;
  }
  printReview(terminal, review);
  await printMembers(terminal, stage, segment);
  if (html !== undefined) printLine(terminal, `\n${html}: this review as a page`);
  return 0;
}

function printReview(terminal: Terminal, review: Review): void {
  const { title, segment, proposal, at } = review;
  const colour = proposal === 'keep' ? 'green' : proposal === 'retire' ? 'red' : 'yellow';
  printLine(terminal, `${terminal.paint('bold', title)} (${segment}): ${terminal.paint(colour, proposal)}`);
  printLine(terminal, terminal.paint('dim', `counted at ${at}`));
  for (const part of partsOfReview(review)) printPart(terminal, part);
}

function printPart(terminal: Terminal, { title, lines = [], head = [], rows = [] }: ReviewPart): void {
  printLine(terminal, `\n${terminal.paint('bold', title)}`);
  for (const line of lines) printLine(terminal, line);
  if (rows.length > 0) printLine(terminal, tableOf(terminal, head, rows));
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
