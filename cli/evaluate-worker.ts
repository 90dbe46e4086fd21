import { parentPort, workerData } from 'node:worker_threads';
import { compile } from '../lib/domain/segment/compile.ts';
import type { SegmentDefinition } from '../lib/domain/segment.ts';
import { evaluateChunk } from './evaluate-chunk.ts';

/** What a worker of `tributary evaluate` is started with; afterwards each message is a piece of the file. */
export interface EvaluateJob {
  readonly definition: SegmentDefinition;
  readonly timezone: string;
  readonly now: number;
}

const { definition, timezone, now } = workerData as EvaluateJob;
const program = compile([definition], { timezone });

parentPort?.on('message', (piece: Uint8Array) => {
  const evaluated = evaluateChunk(program, now, piece);
  parentPort?.postMessage(evaluated, [evaluated.answers.buffer as ArrayBuffer]);
});
