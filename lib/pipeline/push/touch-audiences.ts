import type { Definitions } from '../../domain/definitions.ts';
import type { Clock, Queue, StateStore } from '../ports.ts';

export interface TouchDeps {
  readonly state: StateStore;
  readonly push: Queue;
  readonly clock: Clock;
}

/** How long changes of a realtime audience are gathered before they are pushed together. */
export const TOUCH_SECONDS = 15;
/** After a failure, or members without an answer, a realtime audience leaves its tool alone for this long. */
export const RESPITE_MS = 5 * 60_000;
/** A touch after a respite comes a moment late rather than a moment early. */
export const RESPITE_SECONDS = RESPITE_MS / 1_000 + 1;
/** For this long after a message was sent no other is: shorter than its delay by what the pending index may lag behind. */
const COVERED_MS = 10_000;

/**
 * Asks for a push of realtime audiences whose rows were just written. Many changes are one message: a marker says that
 * one is on its way which will see rows written now.
 */
async function touchAudiences(deps: TouchDeps, audiences: ReadonlySet<string>): Promise<void> {
  const now = deps.clock.now().getTime();
  for (const audience of audiences) {
    const marker = await deps.state.get('touched', audience);
    if (typeof marker?.body.until === 'number' && marker.body.until > now && marker.body.until <= now + COVERED_MS)
      continue;
    // Whoever loses this race was covered by the winner; who dies before the message leaves an outbox that comes again.
    if (!(await deps.state.put('touched', audience, { until: now + COVERED_MS }, marker?.version ?? 0))) continue;
    await deps.push.send([{ body: { audience, touched: true }, delaySeconds: TOUCH_SECONDS }]);
  }
}

/** Touches those of some audiences that are realtime. */
export function touchRealtime(
  deps: TouchDeps & { readonly definitions: () => Promise<Pick<Definitions, 'audiences'>> },
) {
  return async function touch(audiences: ReadonlySet<string>): Promise<void> {
    if (audiences.size === 0) return;
    const all = (await deps.definitions()).audiences;
    const realtime = all.filter(({ audience, when }) => when === 'realtime' && audiences.has(audience));
    await touchAudiences(deps, new Set(realtime.map(({ audience }) => audience)));
  };
}

/**
 * Notes that memberships changed while a run was under way: whoever ends the run sends one touch, however many came.
 * Kept beside the push state, whose version belongs to the worker that is sending.
 */
export async function oweTouch(deps: Pick<TouchDeps, 'state'>, audience: string, run: string): Promise<void> {
  for (;;) {
    const owed = await deps.state.get('touched-again', audience);
    if (owed?.body.run === run) return;
    if (await deps.state.put('touched-again', audience, { run, sent: false }, owed?.version ?? 0)) return;
  }
}

/** Whether a touch is owed, or was sent already, at the end of a run. */
export async function isTouchOwed(deps: Pick<TouchDeps, 'state'>, audience: string, run: string): Promise<boolean> {
  return (await deps.state.get('touched-again', audience))?.body.run === run;
}

/** Sends the touch of a run that has ended, once: after `seconds` when one is owed, after `otherwise` when none is. */
export async function payTouch(
  deps: Pick<TouchDeps, 'state' | 'push'>,
  audience: string,
  run: string,
  { seconds, otherwise }: { readonly seconds: number; readonly otherwise: number | undefined },
): Promise<void> {
  const owed = await deps.state.get('touched-again', audience);
  const ours = owed?.body.run === run;
  const delaySeconds = ours ? seconds : otherwise;
  if (delaySeconds === undefined || (ours && owed.body.sent === true)) return;
  await deps.push.send([{ body: { audience, touched: true }, delaySeconds }]);
  // Sent first: a death here sends a second one, which finds nothing to do.
  await deps.state.put('touched-again', audience, { run, sent: true }, owed?.version ?? 0);
}
