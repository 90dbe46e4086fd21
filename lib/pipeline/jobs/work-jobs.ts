import { isJsonObject, type Json } from '../../domain/json.ts';
import { type ExportDeps, exportPerson } from '../describe/export-person.ts';
import { type CareDeps, careForArchive, startCare } from '../erase/care-for-archive.ts';
import { type ForgetDeps, forgetPerson } from '../erase/forget-person.ts';
import { type LearnDeps, learn } from '../learn/learn.ts';
import { startLearning } from '../learn/start-learning.ts';
import { type RedriveDeps, redriveQueue } from '../redrive/redrive-queue.ts';
import { type ReplayDeps, replay } from '../replay/replay.ts';
import { replayRejected } from '../replay/replay-rejected.ts';
import { type ReviewDeps, reviewSegments } from '../review/review-job.ts';
import { anyWorker, type RunJobDeps, runJob } from './run-job.ts';

export interface WorkJobsDeps
  extends ForgetDeps,
    ExportDeps,
    ReplayDeps,
    RedriveDeps,
    CareDeps,
    ReviewDeps,
    LearnDeps,
    RunJobDeps {}

/** Does the messages of the jobs queue: steps of a job, or the beginning of a nightly round. */
export function workJobs(deps: WorkJobsDeps) {
  const run = runJob(deps, {
    forget: anyWorker(forgetPerson(deps)),
    export: anyWorker(exportPerson(deps)),
    replay: anyWorker(replay(deps)),
    'replay-rejected': anyWorker(replayRejected(deps)),
    redrive: anyWorker(redriveQueue(deps)),
    care: anyWorker(careForArchive(deps)),
    review: anyWorker(reviewSegments(deps)),
    learn: anyWorker(learn(deps)),
  });
  return async function work(message: Json, signal: AbortSignal): Promise<void> {
    if (isJsonObject(message) && message.care === true) await startCare(deps);
    else if (isJsonObject(message) && message.learn === true) {
      await startLearning(deps, typeof message.scheduledAt === 'string' ? message.scheduledAt : undefined);
    } else await run(message, signal);
  };
}
