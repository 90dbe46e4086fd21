import type { Definitions } from '../domain/definitions.ts';
import type { Clock, Queue, StateStore } from './ports.ts';

export interface TouchDeps {
  readonly state: StateStore;
  readonly push: Queue;
  readonly clock: Clock;
}

/** How long changes of a realtime audience are gathered before they are pushed together. */
export const TOUCH_SECONDS = 15;
/** For this long after a message was sent no other is: shorter than its delay by what the pending index may lag behind. */
const COVERED_MS = 10_000;

/**
 * Asks for a push of realtime audiences whose rows were just written. Many changes are one message: a marker says that
 * one is on its way which will see rows written now.
 */
export async function touchAudiences(deps: TouchDeps, audiences: ReadonlySet<string>): Promise<void> {
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
