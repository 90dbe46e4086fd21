/** `not-checked`: nobody here can know it; `found` says why. */
export type CheckStatus = 'ok' | 'warn' | 'fail' | 'not-checked';

/** One thing that was looked at: what was found, what should be, and what to do where they differ. */
export interface Check {
  /** What kind of thing: `stores`, `queue`, `sign-in`, … */
  readonly id: string;
  /** Which one of them; null where there is only one. */
  readonly of: string | null;
  readonly status: CheckStatus;
  readonly found: string;
  readonly expected: string;
  /** Null where nothing is to be done. */
  readonly do: string | null;
  /** Where it is explained: a document of ours and its heading. */
  readonly docs: string;
}

/** What a doctor's visit found. */
export interface Examination {
  readonly workspace: string;
  /** The workspace's clock, RFC 3339. */
  readonly at: string;
  readonly release: string;
  /** Version of the published definitions; null = none. */
  readonly published: string | null;
  /** Names what the deployed template was synthesised from, as far as it is known. */
  readonly deployed: string | null;
  readonly checks: readonly Check[];
}

/** How many messages a queue holds: ready, received or hidden, and delayed. */
export interface QueueDepth {
  readonly ready: number;
  readonly hidden: number;
  readonly delayed: number;
}

/** Where a code is explained. */
export function pageOf(code: string): string {
  return `docs/errors.md#${code.replace('/', '')}`;
}

type Told = Pick<Check, 'found' | 'expected'>;

/** Makes the checks of one kind. */
export function checksOf(id: string, docs: string) {
  const make =
    (status: CheckStatus) =>
    (of: string | null, told: Told, todo: string | null = null): Check => ({ id, of, status, ...told, do: todo, docs });
  return { ok: make('ok'), warn: make('warn'), fail: make('fail'), notChecked: make('not-checked') };
}
