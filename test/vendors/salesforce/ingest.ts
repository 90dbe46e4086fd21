import { ApiError } from './api-error.ts';
import { parseCsv, writeRows } from './csv.ts';
import type { Faults } from './faults.ts';
import { requireId } from './ids.ts';
import type { SalesforceStore } from './store.ts';

type Row = Readonly<Record<string, string>>;

interface Job {
  readonly id: string;
  readonly operation: 'insert' | 'delete';
  readonly object: string;
  readonly createdAt: string;
  columns: readonly string[];
  rows: readonly Row[];
  state: 'Open' | 'UploadComplete' | 'InProgress' | 'JobComplete' | 'Failed' | 'Aborted';
  polls: number;
  readonly saved: (Row & { readonly sf__Id: string; readonly sf__Created: string })[];
  readonly failed: (Row & { readonly sf__Id: string; readonly sf__Error: string })[];
  unprocessed: Row[];
}

/** Bulk API 2.0 ingest jobs of the simulated org: insert and delete. */
export interface IngestJobs {
  create(body: unknown): object;
  upload(id: string, csv: string): void;
  /** `UploadComplete` closes a job, `Aborted` ends it. */
  setState(id: string, state: unknown): object;
  /** Describes a job; each look lets it get on with its work. */
  look(id: string): object;
  /** `successfulResults`, `failedResults` or `unprocessedrecords`, as CSV. */
  results(id: string, kind: string): string;
  delete(id: string): void;
  ids(): readonly string[];
}

/** Bytes of one upload at most (Bulk API 2.0 limits: 150 MB once encoded in base64). */
const MOST_BYTES = 100 * 1024 * 1024;

export function createIngestJobs(options: {
  readonly store: SalesforceStore;
  readonly faults: Faults;
  readonly now: () => Date;
  readonly makeId: (prefix: string) => string;
  /** Looks after which a job is complete. */
  readonly polls: number;
}): IngestJobs {
  const { store, faults } = options;
  const jobs = new Map<string, Job>();

  function jobOf(id: string): Job {
    const job = jobs.get(id);
    if (job === undefined) throw new ApiError(404, 'NOT_FOUND', 'The requested resource does not exist');
    return job;
  }

  function workOff(job: Job): void {
    // A fault that ends the job leaves the rest of its rows alone.
    const stop = faults.take('bulk', ['job-fails']);
    const upTo = stop === undefined ? job.rows.length : Math.floor(job.rows.length / 2);
    // The order of results is not that of the rows (Bulk API 2.0 guide).
    for (const row of job.rows.slice(0, upTo).reverse()) {
      try {
        job.saved.push({ sf__Id: save(job, row), sf__Created: String(job.operation === 'insert'), ...row });
      } catch (failure) {
        if (!(failure instanceof ApiError)) throw failure;
        const fields = failure.fields.length === 0 ? '--' : failure.fields.join(',');
        job.failed.push({
          sf__Id: row.Id ?? '',
          sf__Error: `${failure.errorCode}:${failure.message}:${fields}`,
          ...row,
        });
      }
    }
    job.unprocessed = job.rows.slice(upTo);
    job.state = stop === undefined ? 'JobComplete' : 'Failed';
  }

  function save({ operation, object }: Job, row: Row): string {
    if (faults.take('bulk', ['row-lock']) !== undefined) {
      throw new ApiError(400, 'UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access to this record');
    }
    if (operation === 'delete') {
      const id = requireId(row.Id ?? '', 'Id');
      if (store.get(id) === undefined) throw new ApiError(404, 'ENTITY_IS_DELETED', 'entity is deleted');
      store.delete(id);
      return id;
    }
    // An empty cell leaves the field alone.
    const told = Object.entries(row).filter(([, cell]) => cell !== '');
    return store.insert(
      object,
      Object.fromEntries(told.map(([field, cell]) => [field, cell === '#N/A' ? null : cell])),
    );
  }

  return {
    create: (body) => {
      const { object, operation, contentType, lineEnding } = (body ?? {}) as Record<string, unknown>;
      if ((operation !== 'insert' && operation !== 'delete') || typeof object !== 'string' || contentType !== 'CSV') {
        throw new ApiError(400, 'INVALIDJOB', 'expected an object, insert or delete, and CSV');
      }
      if (lineEnding !== 'LF') throw new ApiError(400, 'INVALIDJOB', 'only LF is simulated');
      const job: Job = {
        id: options.makeId('750'),
        operation,
        object: store.table(object).schema.name,
        createdAt: options.now().toISOString().replace('Z', '+0000'),
        columns: [],
        rows: [],
        state: 'Open',
        polls: 0,
        saved: [],
        failed: [],
        unprocessed: [],
      };
      jobs.set(job.id, job);
      return describe(job);
    },
    upload: (id, csv) => {
      const job = jobOf(id);
      if (job.state !== 'Open' || job.columns.length > 0) {
        throw new ApiError(400, 'INVALIDJOBSTATE', 'the job takes no more data');
      }
      if (Buffer.byteLength(csv) > MOST_BYTES) throw new ApiError(413, 'CONTENT_TOO_LARGE', 'the upload is too large');
      const { columns, rows } = parseCsv(csv);
      if (job.operation === 'delete' && columns.join() !== 'Id') {
        throw new ApiError(400, 'INVALIDBATCH', 'a deletion holds the column Id only');
      }
      job.columns = columns;
      job.rows = rows;
    },
    setState: (id, state) => {
      const job = jobOf(id);
      if (state !== 'UploadComplete' && state !== 'Aborted')
        throw new ApiError(400, 'INVALIDJOBSTATE', 'no such state');
      if (state === 'UploadComplete' && job.columns.length === 0) {
        throw new ApiError(400, 'INVALIDJOBSTATE', 'no data was uploaded');
      }
      job.state = state;
      return describe(job);
    },
    look: (id) => {
      const job = jobOf(id);
      if (job.state === 'UploadComplete' || job.state === 'InProgress') {
        job.polls += 1;
        job.state = 'InProgress';
        if (job.polls >= options.polls) workOff(job);
      }
      return {
        ...describe(job),
        numberRecordsProcessed: job.saved.length + job.failed.length,
        numberRecordsFailed: job.failed.length,
      };
    },
    results: (id, kind) => {
      const job = jobOf(id);
      const created = ['sf__Id', 'sf__Created', ...job.columns];
      if (kind === 'successfulResults') return writeRows(created, job.saved);
      if (kind === 'failedResults') return writeRows(['sf__Id', 'sf__Error', ...job.columns], job.failed);
      if (kind === 'unprocessedrecords') return writeRows(job.columns, job.unprocessed);
      throw new ApiError(404, 'NOT_FOUND', 'The requested resource does not exist');
    },
    delete: (id) => {
      jobs.delete(jobOf(id).id);
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
    contentUrl: `services/data/v60.0/jobs/ingest/${job.id}/batches`,
    lineEnding: 'LF',
    columnDelimiter: 'COMMA',
  };
}
