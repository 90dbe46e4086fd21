import type { Json } from '../../domain/json.ts';
import { readSignInAsked, signIn } from '../doctor/sign-in.ts';
import { readBusEvent, receiveEvent } from './receive-event.ts';
import { syncStream } from './sync-stream.ts';
import type { SyncCommand, SyncDeps } from './sync-work.ts';

/** Does a message of the sync queue: what a vendor put on a bus is told on, `{signIn}` tries a secret, all else asks for a stream. */
export function workSyncQueue(deps: SyncDeps) {
  const sync = syncStream(deps);
  const receive = receiveEvent(deps);
  return async function work(message: Json, signal: AbortSignal): Promise<void> {
    const event = readBusEvent(message);
    const tried = readSignInAsked(message);
    if (tried !== undefined) await signIn(deps, tried, signal);
    else if (event === undefined) await sync(message as unknown as SyncCommand, signal);
    else await receive(event);
  };
}
