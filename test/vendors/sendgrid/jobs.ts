import type { Faults } from './faults.ts';
import type { ContactFields, SendgridStore } from './store.ts';
import { uuidOf } from './store.ts';

export interface Upsert {
  readonly id: string;
  readonly due: number;
  readonly startedAt: number;
  readonly contacts: readonly ContactFields[];
  readonly lists: readonly string[];
  status: 'pending' | 'completed' | 'errored';
  created: number;
  updated: number;
  errored: number;
}

export interface ExportJob {
  readonly id: string;
  readonly createdAt: number;
  /** The contacts as they were, a JSON object a line, in files. */
  readonly files: readonly string[];
  readonly count: number;
  /** How often it was looked at, and at which look it is ready: whoever waits for it has no clock of the account's. */
  looks: number;
  readonly readyAt: number;
  status: 'pending' | 'ready' | 'failure';
}

/** What SendGrid takes on and does later. */
export interface Jobs {
  readonly upserts: ReadonlyMap<string, Upsert>;
  readonly exports: ReadonlyMap<string, ExportJob>;
  upsert(contacts: readonly ContactFields[], lists: readonly string[]): string;
  remove(list: string, contacts: readonly string[]): string;
  delete(contacts: readonly string[]): string;
  export(files: readonly string[], count: number): ExportJob;
  /** Does what is due by now. */
  work(): void;
}

export interface Lags {
  /** How long upserts and removals take: half a minute was recorded. */
  readonly jobLagMs: number;
  readonly deletionLagMs: number;
  readonly exportLooks: number;
}

export function createJobs(store: SendgridStore, faults: Faults, now: () => Date, lags: Lags): Jobs {
  const upserts = new Map<string, Upsert>();
  const exports = new Map<string, ExportJob>();
  let later: { readonly due: number; readonly run: () => void }[] = [];
  let lastJob = 1_000_000;

  const nextId = (): string => {
    lastJob += 1;
    return uuidOf(lastJob);
  };
  const at = (lag: number): number => now().getTime() + lag;

  function carryOut(job: Upsert): void {
    const leavesOut = faults.takeNamed('errored-upsert');
    for (const [index, fields] of job.contacts.entries()) {
      if (leavesOut && index === 0) {
        job.errored += 1;
        continue;
      }
      const known = store.byEmail(fields.email ?? '');
      // Only a contact's own address updates it; another of its addresses makes a new one (OpenAPI: "determined only by the email field").
      const id = known?.fields.email === fields.email?.toLowerCase() ? known?.id : undefined;
      if (id === undefined) job.created += 1;
      else job.updated += 1;
      const own = id ?? store.create(fields, { at: new Date(job.due) });
      if (id !== undefined) store.update(id, fields, { at: new Date(job.due) });
      for (const list of job.lists) store.contacts.get(own)?.lists.add(list);
    }
    job.status = job.errored > 0 ? 'errored' : 'completed';
  }

  return {
    upserts,
    exports,
    upsert(contacts, lists) {
      const job: Upsert = {
        id: nextId(),
        due: at(lags.jobLagMs),
        startedAt: at(0),
        contacts,
        lists,
        status: 'pending',
        created: 0,
        updated: 0,
        errored: 0,
      };
      upserts.set(job.id, job);
      later.push({ due: job.due, run: () => carryOut(job) });
      return job.id;
    },
    remove(list, contacts) {
      if (faults.takeNamed('lost-removal')) return nextId();
      const run = () => {
        for (const id of contacts) store.contacts.get(id)?.lists.delete(list);
      };
      later.push({ due: at(lags.jobLagMs), run });
      return nextId();
    },
    delete(contacts) {
      const run = () => {
        for (const id of contacts) store.delete(id);
      };
      later.push({ due: at(lags.deletionLagMs), run });
      return nextId();
    },
    export(files, count) {
      const job: ExportJob = {
        id: nextId(),
        createdAt: at(0),
        files,
        count,
        looks: 0,
        readyAt: lags.exportLooks,
        status: 'pending',
      };
      exports.set(job.id, job);
      return job;
    },
    work() {
      const due = later.filter((one) => one.due <= now().getTime());
      later = later.filter((one) => !due.includes(one));
      for (const { run } of due) run();
    },
  };
}
