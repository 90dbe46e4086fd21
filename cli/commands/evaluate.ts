import { dirname } from 'node:path';
import { asTributaryError } from '../../lib/domain/errors.ts';
import { formatInstant, type Milliseconds, parseInstant } from '../../lib/domain/instant.ts';
import { compile, type Program } from '../../lib/domain/segment/compile.ts';
import { type DocumentAnswer, evaluateDocument, readDocument } from '../../lib/domain/segment/document.ts';
import { type ExitStatus, wrongUsage } from '../failure.ts';
import { openLines, openLineWriter, parseLine, reportLine } from '../lines.ts';
import { tellProblems } from '../problems.ts';
import { openBar } from '../progress.ts';
import { readSegmentFile } from '../segment-file.ts';
import { countOf, printJson, type Terminal } from '../terminal.ts';

interface Options {
  readonly profiles: string;
  readonly now?: string;
}

type Evaluated =
  | { readonly ok: true; readonly answer: DocumentAnswer }
  | { readonly ok: false; readonly code: string; readonly reason: string };

/** `tributary evaluate SEGMENT.yaml --profiles FILE.ndjson`: membership, receipt and next flip, a line per profile. */
export async function runEvaluate(terminal: Terminal, path: string, options: Options): Promise<ExitStatus> {
  const now = readNow(options.now);
  const segment = await readSegmentFile(path);
  const source = await openLines(options.profiles);
  if (!segment.ok) {
    if (terminal.json) printJson(terminal, { ok: false, problems: segment.problems });
    else terminal.err.write(`${tellProblems(terminal, dirname(path), segment.problems)}\n`);
    return 1;
  }
  terminal.err.write(`${JSON.stringify({ now: formatInstant(now) })}\n`);
  const program = compile([segment.definition], { timezone: segment.timezone });
  const out = openLineWriter(terminal.out);
  const bar = openBar(terminal, 'evaluating', source.size);
  let status: ExitStatus = 0;
  let done = 0;
  for await (const { first, texts, read } of source.batches()) {
    for (const [index, text] of texts.entries()) {
      if (text.trim() === '') continue;
      done += 1;
      const evaluated = evaluateLine(program, text, now);
      if (evaluated.ok) {
        const full = out.write(JSON.stringify(evaluated.answer));
        if (full !== undefined) await full;
      } else {
        status = 1;
        reportLine(terminal.err, first + index, evaluated.code, evaluated.reason);
      }
    }
    bar.update(read, countOf(done, 'profile'));
  }
  await out.flush();
  bar.end();
  return status;
}

function evaluateLine(program: Program, text: string, now: Milliseconds): Evaluated {
  const value = parseLine(text);
  if (value === undefined) {
    return { ok: false, code: 'segment/bad-document', reason: 'expected one JSON object on the line' };
  }
  const read = readDocument(value);
  if (!read.ok) return read;
  try {
    return { ok: true, answer: evaluateDocument(program, read.document, now) };
  } catch (thrown) {
    // One profile that cannot be answered must not keep the others from theirs.
    const { code, message } = asTributaryError(thrown);
    return { ok: false, code, reason: message };
  }
}

function readNow(text: string | undefined): Milliseconds {
  if (text === undefined) return Date.now();
  const now = parseInstant(text);
  if (now === undefined || now < 0) {
    throw wrongUsage('--now: expected an RFC 3339 instant from 1970 on, such as 2026-11-21T00:00:00Z');
  }
  return now;
}
