import type { ArchiveFolder } from './archive.ts';
import { type QueueName, queueNames } from './queues.ts';
import { type TableName, type TableRight, tableNames } from './tables.ts';

/** A queue that drives a function. Failed messages of a batch are named, the others are done. */
export interface QueueSource {
  readonly queue: QueueName;
  readonly batchSize: number;
  /** Batches at the same time, 2 to 1000: the brake that protects vendors and hot profiles. */
  readonly maxConcurrency: number;
}

/** Which secrets a function reads. */
export type SecretUse =
  | 'identity-key'
  | 'webhook-connections'
  | 'stream-connections'
  | 'audience-connections'
  | 'erasing-connections';

/**
 * A function: what drives it and everything it may touch. Its role and its environment are both derived from here,
 * so a variable without a right, or a right without a variable, cannot be written.
 */
export interface FunctionSpec {
  readonly description: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly sources: readonly QueueSource[];
  readonly tables: Partial<Readonly<Record<TableName, readonly TableRight[]>>>;
  /** Indexes it may query, by table. */
  readonly indexes: Partial<Readonly<Record<TableName, readonly string[]>>>;
  readonly archive: {
    readonly read: readonly ArchiveFolder[];
    readonly write: readonly ArchiveFolder[];
    /** Lists the names of all objects, and deletes in these folders. */
    readonly erase?: readonly ArchiveFolder[];
    /**
     * Is asked for objects that may not be there: S3 says so only to who may list the names of all, and refuses everybody
     * else (S3 API reference, GetObject).
     */
    readonly asksForAbsent?: true;
  };
  readonly sends: readonly QueueName[];
  /** Queues whose dead letters it looks through for people: it takes messages out and puts what is left of them back. */
  readonly searches?: readonly QueueName[];
  /** Queues whose dead letters it takes out and sends back to them. */
  readonly redrives?: readonly QueueName[];
  /** `identity-key`: the key of the look-ups. The others: secrets of the connections that the function speaks to. */
  readonly secrets: readonly SecretUse[];
  /** Traces only what its caller traces; absent: what Lambda samples. */
  readonly tracedByCaller?: true;
  /** It asks every queue how many messages it holds. */
  readonly measuresQueues?: true;
  /** It is told what the template was synthesised from. */
  readonly knowsDeployed?: boolean;
  /** It tells whoever is on call. */
  readonly notifies: boolean;
}

export const functions = {
  collect: {
    description: 'Takes messages of websites, apps and servers and queues what they say.',
    memoryMb: 512,
    timeoutSeconds: 10,
    sources: [],
    tables: {},
    indexes: {},
    archive: { read: ['collection'], write: [] },
    sends: ['changes'],
    secrets: [],
    notifies: false,
    tracedByCaller: true,
  },
  'receive-webhook': {
    description: 'Checks the proof of a vendor webhook and queues what it says.',
    memoryMb: 512,
    timeoutSeconds: 10,
    sources: [],
    tables: { ledger: ['read', 'write'], state: ['read'] },
    indexes: {},
    archive: { read: ['definitions'], write: [] },
    sends: ['changes', 'sync'],
    secrets: ['identity-key', 'webhook-connections'],
    notifies: false,
  },
  'sync-stream': {
    description: 'Reads pages of a stream, archives and queues them, and stores the checkpoint.',
    memoryMb: 512,
    timeoutSeconds: 120,
    sources: [{ queue: 'sync', batchSize: 1, maxConcurrency: 5 }],
    tables: { ledger: ['read', 'write'], state: ['read', 'list', 'write'] },
    indexes: {},
    archive: { read: ['definitions'], write: ['pages', 'figures', 'samples'] },
    // A pull that finds its checkpoint too old asks for a replay of what it read anew.
    sends: ['changes', 'sync', 'jobs'],
    secrets: ['identity-key', 'stream-connections'],
    notifies: true,
  },
  'resolve-profile': {
    description: 'Folds changes into profiles and writes what follows from them.',
    memoryMb: 1024,
    timeoutSeconds: 60,
    sources: [
      { queue: 'changes', batchSize: 10, maxConcurrency: 10 },
      { queue: 'recompute', batchSize: 10, maxConcurrency: 16 },
    ],
    tables: {
      profiles: ['read', 'write', 'replace', 'scan'],
      identifiers: ['read', 'write'],
      accounts: ['read', 'write'],
      activities: ['read', 'write'],
      memberships: ['read', 'write'],
      history: ['write'],
      state: ['read', 'list', 'write', 'count'],
    },
    indexes: {},
    archive: { read: ['definitions', 'models', 'learning', 'scans'], write: ['deliveries', 'learning', 'scans'] },
    sends: ['recompute', 'push', 'jobs'],
    secrets: ['identity-key'],
    notifies: false,
  },
  'sweep-due': {
    description:
      'Sends profiles whose answer can flip now to the recompute queue, and notices schedules that did not run.',
    memoryMb: 256,
    timeoutSeconds: 50,
    sources: [{ queue: 'timers', batchSize: 10, maxConcurrency: 2 }],
    tables: { state: ['read', 'list', 'write'] },
    indexes: { profiles: ['due-by-hour'] },
    archive: { read: ['definitions'], write: [] },
    sends: ['recompute'],
    secrets: [],
    notifies: true,
  },
  'activate-audience': {
    description:
      'Pushes the difference between an audience and the list in the tool, checks the list, and erases people there.',
    memoryMb: 512,
    timeoutSeconds: 120,
    sources: [{ queue: 'push', batchSize: 1, maxConcurrency: 5 }],
    tables: {
      profiles: ['read'],
      identifiers: ['read'],
      memberships: ['read', 'write'],
      ledger: ['read', 'write'],
      state: ['read', 'list', 'write'],
    },
    indexes: { memberships: ['pending-by-audience'] },
    archive: { read: ['definitions', 'push-plans', 'outcomes'], write: ['push-plans', 'outcomes'] },
    sends: ['push'],
    secrets: ['identity-key', 'audience-connections', 'erasing-connections'],
    notifies: true,
  },
  'run-job': {
    description:
      'Does long work step by step: forgets, exports people, replays, rewrites the archive, reviews, trains models.',
    memoryMb: 1024,
    timeoutSeconds: 120,
    sources: [{ queue: 'jobs', batchSize: 1, maxConcurrency: 5 }],
    tables: {
      profiles: ['read', 'replace', 'scan'],
      identifiers: ['read'],
      activities: ['read', 'erase'],
      memberships: ['read', 'write', 'erase'],
      history: ['read', 'erase'],
      ledger: ['read', 'write', 'erase'],
      state: ['read', 'list', 'write', 'erase'],
    },
    indexes: { ledger: ['by-subject'] },
    archive: {
      read: ['definitions', 'pages', 'deliveries', 'notes', 'exports', 'scans', 'models', 'learning'],
      write: ['pages', 'deliveries', 'notes', 'exports', 'facts', 'models'],
      erase: ['pages', 'deliveries', 'exports'],
    },
    // What it redrives, it sends to every queue.
    sends: queueNames,
    // Of the others only ids of runs, jobs, audiences and profiles are told.
    searches: ['changes', 'sync'],
    redrives: queueNames,
    secrets: ['identity-key'],
    // Of reviews, one digest a night.
    notifies: true,
  },
  'import-file': {
    description:
      'Takes files that were dropped in the bucket, row by row, and writes down the rows that it did not take.',
    memoryMb: 2048,
    timeoutSeconds: 120,
    sources: [{ queue: 'imports', batchSize: 1, maxConcurrency: 2 }],
    tables: { state: ['read', 'list', 'write', 'count'] },
    indexes: {},
    archive: { read: ['definitions', 'drop', 'rejects'], write: ['pages', 'rejects'] },
    sends: ['changes', 'imports'],
    secrets: [],
    notifies: true,
  },
  api: {
    description: 'Answers the console and the command line.',
    memoryMb: 512,
    timeoutSeconds: 29,
    sources: [],
    tables: {
      ...(Object.fromEntries(
        // What was written where is nobody's question, and its keys could not be read anyway.
        tableNames.filter((name) => name !== 'ledger').map((name) => [name, ['read']]),
      ) as Readonly<Record<Exclude<TableName, 'ledger'>, ['read']>>),
      // A preview of an edited segment looks at a random sample of everybody.
      profiles: ['read', 'scan'],
      state: ['read', 'list', 'write', 'count'],
    },
    indexes: { memberships: ['pending-by-audience'] },
    archive: {
      read: ['definitions', 'models', 'plans', 'outcomes', 'exports', 'samples', 'facts'],
      write: ['definitions', 'plans', 'collection', 'pages'],
      asksForAbsent: true,
    },
    sends: ['changes', 'sync', 'push', 'recompute', 'jobs'],
    secrets: ['identity-key'],
    notifies: true,
    measuresQueues: true,
    knowsDeployed: true,
  },
} as const satisfies Readonly<Record<string, FunctionSpec>>;

export type FunctionName = keyof typeof functions;

export const functionNames = Object.keys(functions) as readonly FunctionName[];

/** The spec of a function, widened: every optional part is there to be read. */
export function specOf(name: FunctionName): FunctionSpec {
  return functions[name];
}
