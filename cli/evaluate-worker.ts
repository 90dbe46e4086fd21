import { parentPort, workerData } from 'node:worker_threads';
import { type EvaluateJob, evaluateChunk, openEvaluator } from './evaluate-chunk.ts';

// A worker of `tributary evaluate`: it is started with the job; afterwards each message is a piece of the file.
const evaluator = await openEvaluator(workerData as EvaluateJob);

parentPort?.on('message', (piece: Uint8Array) => {
  const evaluated = evaluateChunk(evaluator, piece);
  parentPort?.postMessage(evaluated, [evaluated.answers.buffer as ArrayBuffer]);
});
