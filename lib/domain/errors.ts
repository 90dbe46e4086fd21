/** Who must act on a failure. The whole pipeline knows these six kinds and no others. */
export type FailureKind = 'config' | 'auth' | 'rate-limited' | 'transient' | 'rejected' | 'defect';

/** What the pipeline does with a failure of a kind. */
export interface Disposition {
  readonly actor: 'operator' | 'nobody' | 'data owner' | 'us';
  readonly does: 'stop-connection' | 'retry-later' | 'quarantine' | 'dead-letter';
}

export const dispositions: Readonly<Record<FailureKind, Disposition>> = {
  config: { actor: 'operator', does: 'stop-connection' },
  auth: { actor: 'operator', does: 'stop-connection' },
  'rate-limited': { actor: 'nobody', does: 'retry-later' },
  transient: { actor: 'nobody', does: 'retry-later' },
  rejected: { actor: 'data owner', does: 'quarantine' },
  defect: { actor: 'us', does: 'dead-letter' },
};

/**
 * The one error class of the product. `kind` says who acts, `code` what happened (`<area>/<what>`, anchored in
 * docs/errors.md), the message what was found, what was expected and what to change. Never holds a person's data.
 */
export class TributaryError extends Error {
  readonly kind: FailureKind;
  readonly code: string;
  /** For `rate-limited`: how long the other side asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: FailureKind,
    code: string,
    message: string,
    options: { readonly cause?: unknown; readonly retryAfterMs?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TributaryError';
    this.kind = kind;
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Any thrown value as a TributaryError; what nobody classified is a defect. */
export function asTributaryError(thrown: unknown): TributaryError {
  if (thrown instanceof TributaryError) return thrown;
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return new TributaryError('defect', 'core/unknown-failure', `an unclassified failure: ${name}`, { cause: thrown });
}

/**
 * A run that ended in a defect fails again when its message comes again, without asking the vendor again: so the message
 * ends in the dead-letter queue and rings the alarm. Any other end is an end.
 */
export function failAgain(
  error: { readonly kind: string; readonly code: string; readonly message: string } | undefined,
): void {
  if (error?.kind === 'defect') throw new TributaryError('defect', error.code, error.message);
}
