import type { RawRequest } from '../../../lib/connectors/contract-deliveries.ts';
import type { Change, Rejection } from '../../../lib/domain/change.ts';
import type { Collection } from '../../../lib/domain/collection.ts';
import type { Json, JsonObject } from '../../../lib/domain/json.ts';
import { collect } from '../../../lib/pipeline/collect/collect.ts';
import type { Queue } from '../../../lib/pipeline/ports.ts';
import { openHandClock, openMemoryQueue } from '../memory-state.ts';
import { NOW } from '../world.ts';

export const KEY = 'wk_site_1';
export const AT = '2026-11-21T11:00:00.000Z';
export const track = { type: 'track', event: 'Clicked', userId: 'u1', messageId: 'm1', timestamp: AT };

export const lenient: Collection = { version: 'v', sources: { [KEY]: 'site' }, strict: false, blocked: ['guest'] };

export function openRig(collection: Collection = lenient, given?: Queue) {
  const changes = openMemoryQueue();
  const logged: JsonObject[] = [];
  const answer = collect({
    collection: async () => collection,
    changes: given ?? changes,
    newId: () => 'new',
    clock: openHandClock(NOW),
    log: (message, fields) => logged.push({ message, ...fields }),
  });
  const bodies = () => changes.take().map(({ body }) => body as JsonObject);
  return {
    logged,
    answer,
    bodies,
    /** Sends, and returns the status with what was queued. */
    async send(request: Partial<RawRequest> & { readonly json?: Json }) {
      const { status, body } = await answer(aRequest(request));
      const queued = bodies();
      return {
        status,
        body,
        changes: queued.flatMap((one) => (one.changes ?? []) as unknown as Change[]),
        rejected: queued.flatMap((one) => (one.rejected ?? []) as unknown as Rejection[]),
      };
    },
  };
}

export function aRequest({ json, ...over }: Partial<RawRequest> & { readonly json?: Json }): RawRequest {
  const body = json === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(json));
  const basic = { authorization: `Basic ${Buffer.from(`${KEY}:`).toString('base64')}` };
  return { method: 'POST', path: '/v1/track', query: {}, headers: basic, body, ...over };
}
