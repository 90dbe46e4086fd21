import type { ConnectorIo } from '../../../lib/connectors/contract.ts';

/** Ways to get a connector wrong that authors really chose; the suite must name each of them. */
export type Flaw =
  | 'cursor is a time without a tie-breaker'
  | 'cursor repeats its own instant'
  | 'checkpoint runs ahead of its page'
  | 'cursor of any version is taken'
  | 'unreadable record is dropped'
  | 'abort is ignored'
  | 'connections share a client'
  | 'address in the log'
  | 'secret in the error'
  | 'ensure always makes'
  | 'batch is all applied'
  | 'stranger has no outcome'
  | 'server error is a rejection'
  | 'webhook is not verified'
  | 'webhook is the truth'
  | 'delivery key is random'
  | 'looking makes a list'
  | 'list ends early'
  | 'writes are not noted'
  | 'every echo is ours'
  | 'nobody is asked'
  | 'removal takes any value'
  | 'removals are not noted'
  | 'a missing field is found'
  | 'another value is another field'
  | 'a broken line is a defect'
  | 'a missing permission may pass'
  | 'a renamed field is at a loss';

export interface Api {
  call(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Requests sent so far. */
  calls(): number;
  readonly io: ConnectorIo;
}
