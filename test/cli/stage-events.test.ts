import { Writable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openStory } from '../../cli/stage-events.ts';
import { openTerminal } from '../../cli/terminal.ts';
import type { StageEvent } from '../../lib/local/stage-event.ts';

const report = {
  profiles: 2587,
  activities: 21310,
  figures: 0,
  changes: 25549,
  quarantined: 1,
  segments: { readers: 885 },
  audiences: {
    letters: {
      wanted: 3,
      added: 2,
      removed: 0,
      unchanged: 0,
      blocked: 4,
      unmatched: 0,
      refused: 1,
      rejected: 0,
      retry: 0,
      calls: 1,
    },
  },
  differences: [],
  refusals: 0,
  seconds: 12.3,
};
const ready = { kind: 'ready', url: 'http://127.0.0.1:4000', consoleUrl: 'http://127.0.0.1:4000/#code=c' } as const;
const day: readonly StageEvent[] = [
  { kind: 'phase', phase: 'start', title: 'Starting the stage' },
  { kind: 'notice', message: 'port 4000 is taken, using 4001' },
  { kind: 'done', phase: 'start', summary: 'http://127.0.0.1:4001', seconds: 2.5 },
  { kind: 'phase', phase: 'day', title: 'Playing one day' },
  { kind: 'progress', phase: 'day', done: 1, total: 23, note: '05:00' },
  { kind: 'done', phase: 'day', summary: '182 happenings', seconds: 9 },
  { kind: 'report', report },
];

afterEach(() => {
  vi.useRealTimers();
});

describe('openStory', () => {
  it('tells phases with their times and ends with tables', () => {
    const { out } = tell([...day, ready], { json: false });

    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual(
      [
        '… Starting the stage',
        '! port 4000 is taken, using 4001',
        '✓ Starting the stage: http://127.0.0.1:4001 2.5 s',
        '… Playing one day',
        '✓ Playing one day: 182 happenings 9 s',
        '',
        'segment  people',
        'readers  885',
        '',
        'audience  wanted  added  removed  unchanged  blocked  refused  calls',
        'letters  3  2  0  0  4  1  1',
        '',
        '2,587 profiles · 21,310 activities · 25,549 changes · 1 quarantined · 12.3 s',
        '✓ every list in the tools holds exactly who is wanted of its segment',
        '',
        'Console  http://127.0.0.1:4000/#code=c (once; tributary console makes another link)',
        'API  http://127.0.0.1:4000/api/openapi.json (authorization: Bearer, and the token in .tributary/stage.json)',
        'Ctrl-C ends the stage.',
        '',
      ].map((line) => line.split(/ {2,}/)),
    );
  });

  it('names the lists that are not what they should be', () => {
    const differences = [{ audience: 'letters', what: 'wanted, and the tool was never told', count: 2 }];

    const { out } = tell([{ kind: 'report', report: { ...report, differences } }], { json: false });

    expect(out).toContain('✗ letters: 2 people wanted, and the tool was never told');
    expect(out).not.toContain('every list');
  });

  it('draws a bar where somebody watches, and leaves the line clear', () => {
    const { out } = tell(day.slice(3, 5), { json: false, isTTY: true });

    expect(out).toContain('Playing one day');
    expect(out).toContain('1/23 · 05:00');
    expect(out.endsWith('\r\u001b[2K')).toBe(true);
    expect(out).not.toContain('\u001b[?25l');
  });

  it('counts seconds where somebody watches a phase without a bar', () => {
    vi.useFakeTimers();
    const paper = makePaper(true);
    const story = openStory(openTerminal(paper.stream, makePaper(false).stream, false));

    story.tell({ kind: 'phase', phase: 'start', title: 'Starting the stage' });
    vi.advanceTimersByTime(2_000);
    story.end();
    const told = paper.written.join('');
    vi.advanceTimersByTime(2_000);

    expect(told).toContain('… Starting the stage 2 s');
    expect(paper.written.join('')).toBe(told);
  });

  it('leaves the report of a stage that ends to the command', () => {
    expect(tell(day, { json: true })).toEqual({ out: '', err: 'port 4000 is taken, using 4001\n' });
  });

  it('prints one document when a stage that stays up is ready', () => {
    const { out } = tell([...day, ready], { json: true });

    expect(JSON.parse(out)).toEqual({ url: ready.url, consoleUrl: ready.consoleUrl, ...report });
  });
});

function tell(
  events: readonly StageEvent[],
  options: { json: boolean; isTTY?: boolean },
): { out: string; err: string } {
  const [out, err] = [makePaper(options.isTTY === true), makePaper(false)];
  const story = openStory(openTerminal(out.stream, err.stream, options.json));
  for (const event of events) story.tell(event);
  story.end();
  return { out: out.written.join(''), err: err.written.join('') };
}

/** A terminal, or none, that keeps what is written. */
function makePaper(isTTY: boolean) {
  const written: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString());
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 120 }) as unknown as NodeJS.WriteStream, written };
}
