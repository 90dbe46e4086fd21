/** A run with what is kept beside it on who has it. */
export interface Lease {
  readonly run?: { readonly state: string };
  /** Until when a worker has the run, in ms. Whoever lets go of it leaves the instant at which they did. */
  readonly leaseUntil: number;
  /** Before then nobody goes on with it, in ms: the tool may have asked us to wait. */
  readonly waitUntil?: number;
}

/** A message of a worker that died is hidden for no longer than its lease and this; then somebody goes on with the run. */
const LEFT_AFTER_MS = 20 * 60_000;

/** A run in the hands of a worker, or nothing to do. `moved`: somebody wrote its state in the meantime. */
export type TakenUp<Held> = Held | 'moved' | undefined;

/** Takes a run up, judging its state anew whenever somebody wrote that in the meantime. */
export async function takeUp<Held>(attempt: () => Promise<TakenUp<Held>>): Promise<Held | undefined> {
  for (;;) {
    const taken = await attempt();
    if (taken !== 'moved') return taken;
  }
}

/** For how long a run has been free to be gone on with, in ms; negative until it is. */
export function freeFor({ leaseUntil, waitUntil = 0 }: Lease, now: number): number {
  return now - Math.max(leaseUntil, waitUntil);
}

/** Since when nobody has gone on with a run that is not over, in ms. Undefined while somebody does, or may yet. */
export function leftSince(lease: Lease, now: number): number | undefined {
  const free = freeFor(lease, now);
  return isUnderWay(lease.run) && free > LEFT_AFTER_MS ? now - free : undefined;
}

/** Whether a run goes on: somebody has it, it waits, or its message is still expected. */
export function isAtWork(lease: Lease, now: number): boolean {
  return isUnderWay(lease.run) && leftSince(lease, now) === undefined;
}

/** Neither held by a guardrail nor over. */
function isUnderWay(run: Lease['run']): boolean {
  return run?.state === 'running' || run?.state === 'waiting';
}
