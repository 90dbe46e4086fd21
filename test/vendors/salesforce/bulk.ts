import { ApiError } from './api-error.ts';
import { runQuery } from './query.ts';
import type { SalesforceStore } from './store.ts';
import { csvValue } from './values.ts';

interface Job {
  readonly id: string;
  readonly operation: string;
  readonly object: string;
  readonly createdAt: string;
  readonly header: string;
  readonly lines: readonly string[];
  state: 'UploadComplete' | 'InProgress' | 'JobComplete' | 'Failed' | 'Aborted';
  polls: number;
}

/** Bulk API 2.0 query jobs of the simulated org. */
export interface BulkJobs {
  create(body: unknown): object;
  /** Describes a job; each look lets it get on with its work. */
  look(id: string): object;
  results(
    id: string,
    maxRecords: number,
    locator: string | null,
  ): { readonly csv: string; readonly count: number; readonly next: string };
  abort(id: string): object;
  /** Deletes a job, as its owner may and as Salesforce does after seven days. */
  delete(id: string): void;
  /** Makes every job that is not complete fail. */
  failAll(): void;
  ids(): readonly string[];
}

export function createBulkJobs(options: {
  readonly store: SalesforceStore;
  readonly now: () => Date;
  readonly makeId: (prefix: string) => string;
  /** Looks after which a job is complete. */
  readonly polls: number;
}): BulkJobs {
  const jobs = new Map<string, Job>();

  function jobOf(id: string): Job {
    const job = jobs.get(id);
    if (job === undefined) throw new ApiError(404, 'NOT_FOUND', 'The requested resource does not exist');
    return job;
  }

  return {
    create: (body) => {
      const { operation, query } = (body ?? {}) as { operation?: unknown; query?: unknown };
      if ((operation !== 'query' && operation !== 'queryAll') || typeof query !== 'string') {
        throw new ApiError(400, 'INVALIDENTITY', 'operation and query are required');
      }
      const run = runQuery(options.store, query, { deleted: operation === 'queryAll' });
      // Compound and aggregate queries are refused (Bulk API 2.0 guide; the wording is second-hand).
      if (run.readers.some(({ field }) => field.type === 'address')) {
        throw new ApiError(400, 'API_ERROR', 'Selecting compound data not supported in Bulk Query');
      }
      if (run.query.count) throw new ApiError(400, 'API_ERROR', 'Aggregate Relationships not supported in Bulk Query');
      const job: Job = {
        id: options.makeId('750'),
        operation,
        object: run.table.schema.name,
        createdAt: options.now().toISOString().replace('Z', '+0000'),
        header: run.readers.map(({ path }) => cell(path)).join(','),
        lines: run.rows.map((row) => run.readers.map(({ field, read }) => cell(csvValue(field, read(row)))).join(',')),
        state: 'UploadComplete',
        polls: 0,
      };
      jobs.set(job.id, job);
      return describe(job);
    },
    look: (id) => {
      const job = jobOf(id);
      if (job.state === 'UploadComplete' || job.state === 'InProgress') {
        job.polls += 1;
        job.state = job.polls >= options.polls ? 'JobComplete' : 'InProgress';
      }
      return {
        ...describe(job),
        numberRecordsProcessed: job.lines.length,
        retries: 0,
        totalProcessingTime: 100 * job.polls,
      };
    },
    results: (id, maxRecords, locator) => {
      const job = jobOf(id);
      if (job.state !== 'JobComplete') throw new ApiError(400, 'INVALIDJOBSTATE', 'The job has no results yet');
      // Locators stay valid as long as the job exists: a page can be read twice (Bulk API 2.0 guide).
      const start = locator === null ? 0 : Number(Buffer.from(locator, 'base64').toString('utf8'));
      if (!Number.isInteger(start) || start < 0) throw new ApiError(400, 'INVALID_LOCATOR', 'invalid locator');
      const lines = job.lines.slice(start, start + maxRecords);
      const end = start + lines.length;
      return {
        // Every page repeats the header (fixtures of Airbyte's connector).
        csv: [job.header, ...lines].map((line) => `${line}\n`).join(''),
        count: lines.length,
        next: end < job.lines.length ? Buffer.from(String(end)).toString('base64').replace(/=+$/, '') : 'null',
      };
    },
    abort: (id) => {
      const job = jobOf(id);
      job.state = 'Aborted';
      return describe(job);
    },
    delete: (id) => {
      jobs.delete(jobOf(id).id);
    },
    failAll: () => {
      for (const job of jobs.values()) if (job.state !== 'JobComplete') job.state = 'Failed';
    },
    ids: () => [...jobs.keys()],
  };
}

function describe(job: Job): object {
  return {
    id: job.id,
    operation: job.operation,
    object: job.object,
    createdDate: job.createdAt,
    systemModstamp: job.createdAt,
    state: job.state,
    concurrencyMode: 'Parallel',
    contentType: 'CSV',
    apiVersion: 60,
    lineEnding: 'LF',
    columnDelimiter: 'COMMA',
  };
}

function cell(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
