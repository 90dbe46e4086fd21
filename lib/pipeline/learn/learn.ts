import type { Definitions } from '../../domain/definitions.ts';
import { TributaryError } from '../../domain/errors.ts';
import { hashOf, openLearned } from '../../domain/learned/learned.ts';
import type { Models } from '../../domain/learned/model.ts';
import { readParts, readScan, type Scan, startScan } from '../define/scan.ts';
import type { JobStep, RunJobDeps, Worker } from '../jobs/run-job.ts';
import type { Archive, Queue } from '../ports.ts';
import { keepCard } from './cards.ts';
import { openModels } from './models.ts';
import { publishModels } from './publish-models.ts';
import { collectSamples, SAMPLE_PARTS } from './sample-people.ts';
import type { LearnJob } from './start-learning.ts';

export interface LearnDeps extends RunJobDeps {
  readonly archive: Archive;
  readonly recompute: Queue;
  readonly definitions: () => Promise<Definitions>;
}

const LOOK_AGAIN_SECONDS = 30;
/** A sampling that is not done by then never will be. */
const MOST_MS = 12 * 3_600_000;

/**
 * One step of a training: ask for people to be sampled, wait until they are, train one part, or publish what was trained. Every
 * step may be done twice, and two trainings at once: of both the one that is as of the later instant holds in the end.
 */
export function learn(deps: LearnDeps): Worker<LearnJob> {
  return async function step(id, job) {
    if (job.definitions === undefined) return sample(deps, id, job);
    const scan = await readScan(deps.state, id);
    const parts = scan === undefined ? [] : await readParts(deps.state, scan);
    if (scan === undefined || parts.some(({ done }) => !done)) {
      if (deps.clock.now().getTime() - job.asOf < MOST_MS) return { job, waitSeconds: LOOK_AGAIN_SECONDS };
      throw new TributaryError('config', 'learn/never-sampled', 'people were not all sampled within twelve hours');
    }
    const definitions = await deps.definitions();
    const { learned: rules } = definitions;
    if (rules === undefined) return ended(job);
    const { parts: all } = openLearned(rules);
    const next = all.find(({ name }) => !job.parts.some(({ model }) => model === name));
    const former = await openModels(deps)(definitions);
    if (next === undefined) return publish(deps, job, former);
    const { sample: people, earliest } = await collectSamples(deps.archive, parts);
    // Training is a part of the bundle that is loaded by whoever trains.
    const { trainPart } = await import('../../domain/learned/train/train.ts');
    const known = former?.parts[next.name];
    const { trained, card } = trainPart({
      part: next,
      rules,
      sample: people,
      asOf: job.asOf,
      earliest: earliest[next.name],
      former: known?.rule === next.rule ? known : undefined,
    });
    await keepCard(deps, card);
    const { state, refusal } = card;
    const told = { model: next.name, card: card.id, state, ...(refusal === null ? {} : { refusal: { ...refusal } }) };
    return {
      job: {
        ...job,
        trained: trained === undefined ? job.trained : { ...job.trained, [next.name]: trained },
        parts: [...job.parts, told],
      },
    };
  };
}

async function sample(deps: LearnDeps, id: string, job: LearnJob): Promise<JobStep<LearnJob>> {
  const { version, learned } = await deps.definitions();
  if (learned === undefined) return ended(job);
  const { asOf, startedAt } = job;
  const about = { asOf, definitions: version };
  const scan: Scan = { id, what: 'learn', parts: SAMPLE_PARTS, of: SAMPLE_PARTS, startedAt, about };
  await startScan(deps, scan);
  return { job: { ...job, definitions: version }, waitSeconds: LOOK_AGAIN_SECONDS };
}

async function publish(deps: LearnDeps, job: LearnJob, former: Models | undefined): Promise<JobStep<LearnJob>> {
  const { asOf, trained: parts } = job;
  if (former === undefined && Object.keys(parts).length === 0) return ended(job);
  const content = { asOf, parts };
  await publishModels(deps, { version: hashOf(content), ...content });
  return ended(job);
}

function ended(job: LearnJob): JobStep<LearnJob> {
  return { job: { ...job, state: 'finished', over: true } };
}
