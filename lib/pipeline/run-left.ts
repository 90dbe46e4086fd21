/** A run with what is kept beside it on who holds it. */
export interface Holding {
  readonly run?: { readonly state: string };
  /** Until then a worker holds the run, in ms. 0: nobody does. */
  readonly leaseUntil: number;
  /** From then on its message is to be taken, in ms. Absent: somebody holds it, it has ended, or a former release let go of it. */
  readonly waitUntil?: number;
}

/** A message of a worker that died is hidden for no longer than its lease and this; then somebody goes on with the run. */
const LEFT_AFTER_MS = 20 * 60_000;

/** Since when nobody has gone on with a run that is not over, in ms. Undefined while somebody does, or may yet. */
export function leftSince(holding: Holding, now: number): number | undefined {
  const expected = expectedAt(holding);
  return expected > 0 && expected + LEFT_AFTER_MS < now ? expected : undefined;
}

/** Whether a run goes on: somebody holds it, it waits, or its message is still expected. */
export function isAtWork(holding: Holding, now: number): boolean {
  return isUnderWay(holding.run) && expectedAt(holding) > 0 && leftSince(holding, now) === undefined;
}

/** Neither held by a guardrail nor over. */
export function isUnderWay(run: Holding['run']): boolean {
  return run?.state === 'running' || run?.state === 'waiting';
}

/** Whoever ends a run leaves neither a lease nor a wait: a lease that ran out is of a worker that died. 0: nobody knows. */
function expectedAt({ run, leaseUntil, waitUntil = 0 }: Holding): number {
  return Math.max(leaseUntil, isUnderWay(run) ? waitUntil : 0);
}
