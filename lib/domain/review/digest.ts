import { type Proposal, proposals, type Reason } from './proposal.ts';

/** A review in short, as a digest tells it. */
interface DigestLine {
  readonly segment: string;
  readonly title: string;
  readonly size: number;
  readonly proposal: Proposal;
  readonly reasons: readonly Reason[];
}

/** An SNS message takes 256 KB; people read a page. */
const MOST_LINES = 100;

/** What a night's reviews propose, as a text to be sent: what needs somebody first. Names of segments and counts, no person. */
export function digestOf(
  workspace: string,
  at: string,
  lines: readonly DigestLine[],
): { readonly subject: string; readonly text: string } {
  const sorted = [...lines].sort(
    (a, b) =>
      proposals.indexOf(a.proposal) - proposals.indexOf(b.proposal) ||
      b.size - a.size ||
      (a.segment < b.segment ? -1 : 1),
  );
  const waiting = sorted.filter(({ proposal }) => proposal !== 'keep').length;
  const blocks = sorted.slice(0, MOST_LINES).map(({ segment, title, size, proposal, reasons }) => {
    const head = `${proposal.toUpperCase()}  ${title} (${segment}), ${size.toLocaleString('en-US')} ${size === 1 ? 'person' : 'people'}`;
    return [head, ...reasons.map(({ says }) => `  - ${says}`)].join('\n');
  });
  const more = sorted.length > MOST_LINES ? [`and ${sorted.length - MOST_LINES} more`] : [];
  return {
    subject: `Tributary: ${reviewed(lines.length)} of ${workspace}, ${waiting} to act on`,
    text: `${reviewed(lines.length)}, counted at ${at}.\n\n${[...blocks, ...more].join('\n\n')}\n\nEach in full: tributary review SEGMENT, or as a page: tributary review SEGMENT --html FILE\n`,
  };
}

function reviewed(count: number): string {
  return `${count} ${count === 1 ? 'segment' : 'segments'} reviewed`;
}
