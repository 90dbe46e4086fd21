import type { Stream } from '../../connectors/contract.ts';
import type { AnyConnector } from '../../connectors/define.ts';
import type { Change } from '../../domain/change.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { StateStore } from '../ports.ts';

/** A replay that nobody ended by then died, and holds nothing up. */
const WINDOW_KEPT_MS = 7 * 24 * 3_600_000;

type Told = Pick<Stream<unknown>, 'name' | 'mappings'>;

/**
 * Objects of which a stream's records are the whole: their traits are told by one mapping, which is in it, and webhooks
 * only hint at them. Where several tell, none alone is the whole.
 */
export function wholeObjects({ streams, webhook }: Pick<AnyConnector, 'streams' | 'webhook'>): ReadonlySet<string> {
  const tellers = new Map<string, number>();
  for (const mapping of tellingIn(streams)) tellers.set(mapping.object, (tellers.get(mapping.object) ?? 0) + 1);
  const delivered = new Set(webhook?.tells ?? []);
  return new Set([...tellers].filter(([object, count]) => count === 1 && !delivered.has(object)).map(([one]) => one));
}

/** Objects that are told again for good when a stream is read again: by it alone, or by activities alone, some of them its. */
export function objectsToldBy(connector: Pick<AnyConnector, 'streams' | 'webhook'>, stream: Told): readonly string[] {
  const whole = wholeObjects(connector);
  const told = new Set(tellingIn(connector.streams).map(({ object }) => object));
  const delivered = new Set(connector.webhook?.tells ?? []);
  const own = Object.values(stream.mappings).filter(({ subject }) => subject === 'person');
  const objects = own.flatMap(({ object, activity }) => {
    const alone = activity === undefined ? whole.has(object) : !told.has(object) && !delivered.has(object);
    return alone ? [object] : [];
  });
  return [...new Set(objects)].sort();
}

function tellingIn(streams: readonly Told[]): readonly Mapping[] {
  const mappings: readonly Mapping[] = streams.flatMap((stream) => Object.values(stream.mappings));
  return mappings.filter(({ subject, activity }) => subject === 'person' && activity === undefined);
}

/** A record that is all that its source says: what older mappings made of it is void. */
export function asWhole(change: Change, objects: ReadonlySet<string>): Change {
  return change.kind === 'profile' && objects.has(objectOf(change.fragment)) ? { ...change, whole: true } : change;
}

/** The kind of record that a fragment is, as its mapping calls it. */
export function objectOf(fragment: string): string {
  return fragment.split(':')[1] ?? '';
}

/**
 * Says that a connection is being read again in full: until it is over, what is pulled counts as read by the replay, because
 * what no reading told since it began will be void.
 */
export async function openWindow(state: StateStore, connection: string, job: string, now: Milliseconds): Promise<void> {
  await state.put(kindOf(connection), job, {}, 0, { expiresAt: now + WINDOW_KEPT_MS });
}

export async function closeWindow(state: StateStore, connection: string, job: string): Promise<void> {
  await state.remove(kindOf(connection), job);
}

/** The objects whose records a pull must tell as whole: none while the connection is not being read again. */
export async function wholeInWindow(
  state: StateStore,
  connection: string,
  connector: Pick<AnyConnector, 'streams' | 'webhook'>,
): Promise<ReadonlySet<string>> {
  const [open] = await state.list(kindOf(connection), { most: 1 });
  return open === undefined ? new Set() : wholeObjects(connector);
}

function kindOf(connection: string): string {
  return `replaying#${connection}`;
}
