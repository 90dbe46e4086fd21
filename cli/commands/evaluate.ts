import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { formatInstant } from '../../lib/domain/instant.ts';
import { type EvaluatedChunk, type EvaluateJob, evaluateChunk, openEvaluator } from '../evaluate-chunk.ts';
import type { ExitStatus } from '../failure.ts';
import { mapInOrder, openLane } from '../lanes.ts';
import { openPieces, reportLine } from '../lines.ts';
import { readNow } from '../now.ts';
import { tellProblems } from '../problems.ts';
import { openBar } from '../progress.ts';
import { readSegmentFile } from '../segment-file.ts';
import { countOf, printJson, type Terminal } from '../terminal.ts';

/** Beside this file where the command line is built. */
const WORKER = new URL('evaluate-worker.mjs', import.meta.url);

interface Options {
  readonly profiles: string;
  readonly now?: string;
}

/** `tributary evaluate SEGMENT.yaml --profiles FILE.ndjson`: membership, receipt and next flip, a line per profile. */
export async function runEvaluate(terminal: Terminal, path: string, options: Options): Promise<ExitStatus> {
  const now = readNow(options.now);
  const segment = await readSegmentFile(path);
  const source = await openPieces(options.profiles);
  if (!segment.ok) {
    if (terminal.json) printJson(terminal, { ok: false, problems: segment.problems });
    else terminal.err.write(`${tellProblems(terminal, dirname(path), segment.problems)}\n`);
    return 1;
  }
  terminal.err.write(`${JSON.stringify({ now: formatInstant(now) })}\n`);
  const { definition, timezone, traits } = segment;
  const job: EvaluateJob = { definition, timezone, traits, now };
  const evaluator = await openEvaluator(job);
  const bar = openBar(terminal, 'evaluating', source.size);
  const evaluated = mapInOrder(
    source.pieces(),
    (piece) => evaluateChunk(evaluator, piece),
    () => openLane<EvaluatedChunk>(WORKER, job),
    availableParallelism(),
  );
  let status: ExitStatus = 0;
  let lines = 0;
  let done = 0;
  for await (const chunk of evaluated) {
    for (const { line, code, reason } of chunk.problems) reportLine(terminal.err, lines + line + 1, code, reason);
    if (chunk.problems.length > 0) status = 1;
    lines += chunk.lines;
    done += chunk.profiles;
    if (!terminal.out.write(chunk.answers)) await once(terminal.out, 'drain');
    bar.update(source.read(), countOf(done, 'profile'));
  }
  bar.end();
  return status;
}
