import type { Json } from '../../domain/json.ts';
import { readBusEvent, receiveEvent } from './receive-event.ts';
import { syncStream } from './sync-stream.ts';
import type { SyncCommand, SyncDeps } from './sync-work.ts';

/** Does a message of the sync queue: what a vendor put on a bus of ours is told on, everything else asks for a stream. */
export function workSyncQueue(deps: SyncDeps) {
  const sync = syncStream(deps);
  const receive = receiveEvent(deps);
  return async function work(message: Json, signal: AbortSignal): Promise<void> {
    const event = readBusEvent(message);
    if (event === undefined) await sync(message as unknown as SyncCommand, signal);
    else await receive(event);
  };
}
