import type { FaultKind, FaultRates } from '../../lib/local/proxy/faults.ts';
import type { Random } from '../vendors/world/random.ts';

/** What can go wrong in a seed. `stage`: a fault of the stage's proxy at this rate; `road`: of answers of the tools. */
export interface Kind {
  /** What a reader of the table is told. */
  readonly title: string;
  readonly stage?: Partial<FaultRates>;
  readonly road?: RoadFault;
  /** What the harness itself does. */
  readonly act?: 'leap' | 'repeat' | 'poison' | 'outage';
}

export type RoadFault = 'too-many' | 'error' | 'slow' | 'cut' | 'reset';

const stage = (title: string, rates: Partial<FaultRates>): Kind => ({ title, stage: rates });

/** Every kind of fault, in the order of the table. Rates are such that each strikes a few times in a seed. */
export const kinds = {
  killed: stage('function killed at a call', { killed: 0.01 }),
  timedOut: stage('function cut at its time limit', { timedOut: 0.006 }),
  outOfMemory: stage('function out of memory', { outOfMemory: 0.0015 }),
  redelivered: stage('message delivered again after it was done', { redelivered: 0.25 }),
  sentTwice: stage('message delivered twice', { sentTwice: 0.3 }),
  deliveredAtOnce: stage('message delivered to two workers at once', { deliveredAtOnce: 0.3 }),
  sentLate: stage('message late and out of order', { sentLate: 0.3 }),
  queueError: stage('SQS answers 500', { queueError: 0.06 }),
  partialSend: stage('SQS takes part of a batch', { partialSend: 0.4 }),
  throttle: stage('DynamoDB throttles', { throttle: 0.05 }),
  conflict: stage('DynamoDB transaction conflict', { conflict: 0.1 }),
  unprocessed: stage('DynamoDB leaves items unprocessed', { unprocessed: 0.25 }),
  staleIndex: stage('DynamoDB index is stale', { staleIndex: 0.4 }),
  slowDown: stage('S3 answers 503', { slowDown: 0.2 }),
  latency: stage('AWS answers late', { latency: 0.15 }),
  resetBefore: stage('connection breaks before a call', { resetBefore: 0.04 }),
  resetAfter: stage('connection breaks after a call', { resetAfter: 0.04 }),
  'tool answers 429': { title: 'tool answers 429', road: 'too-many' },
  'tool answers 500': { title: 'tool answers 500', road: 'error' },
  'tool is slow': { title: 'tool is slow', road: 'slow' },
  'tool cuts its answer': { title: 'tool cuts its answer', road: 'cut' },
  'tool breaks the line': { title: 'tool breaks the line after it acted', road: 'reset' },
  leap: { title: 'clock leaps with work in hand', act: 'leap' },
  repeat: { title: 'sender repeats a request', act: 'repeat' },
  poison: { title: 'message that nobody can read', act: 'poison' },
  outage: { title: 'outage of a function until dead letters, redriven', act: 'outage' },
} as const satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof kinds;

export const kindNames = Object.keys(kinds) as readonly KindName[];

/** The kinds that strike in a seed: its own, so that none is left out, and some others. */
export function kindsOf(seed: number, random: Random): readonly KindName[] {
  const own = kindNames[seed % kindNames.length] ?? 'killed';
  return [...new Set([own, ...random.sample(kindNames, random.between(1, 3))])];
}

/** The rates of the stage's own faults among the kinds. */
export function ratesOf(names: readonly KindName[]): Partial<FaultRates> {
  return Object.assign({}, ...names.map((name): Partial<FaultRates> => kindNamed(name).stage ?? {}));
}

export function kindNamed(name: KindName): Kind {
  return kinds[name];
}

/** The fault of the stage that a kind is, or undefined. */
export function stageFaultOf(name: KindName): FaultKind | undefined {
  return Object.keys(kindNamed(name).stage ?? {})[0] as FaultKind | undefined;
}
