import type { Delivery, RawRequest, WebhookAnswer } from '../../connectors/contract-deliveries.ts';
import { asTributaryError } from '../../domain/errors.ts';
import { type ConnectionDeps, openConnection } from '../connections.ts';
import { type DeliveryDeps, queueDeliveries } from './queue-deliveries.ts';

export interface WebhookDeps extends ConnectionDeps, DeliveryDeps {}

/** Larger bodies are refused before anything reads them. */
const MOST_BYTES = 1_000_000;

/**
 * Answers a vendor's webhook: prove, parse, queue, acknowledge. Nothing is normalised here and no vendor is called, so
 * that the vendor gets its answer at once. A delivery that comes twice is folded or read twice, with one effect.
 */
export function receiveWebhook(deps: WebhookDeps) {
  return async function receive(connectionName: string, request: RawRequest): Promise<WebhookAnswer> {
    const definitions = await deps.definitions();
    if (definitions.connections[connectionName]?.webhook !== true) return refuse(404, 'no webhook is open here');
    if (request.body.byteLength > MOST_BYTES) return refuse(413, `the body is over ${MOST_BYTES} bytes`);
    const { connector, config, secret } = await openConnection(deps, connectionName);
    const { webhook } = connector;
    if (webhook === undefined) return refuse(404, 'no webhook is open here');
    const verification = webhook.verify(request, config, secret, deps.clock.now());
    if (!verification.ok) {
      deps.log('webhook refused', { connection: connectionName, reason: verification.reason });
      return refuse(401, verification.reason);
    }
    const handshake = webhook.handshake?.(request, config, secret);
    if (handshake !== undefined) return handshake;
    let deliveries: readonly Delivery[];
    try {
      deliveries = webhook.parse(request, connectionName, config);
    } catch (thrown) {
      const { code, message } = asTributaryError(thrown);
      deps.log('webhook unreadable', { connection: connectionName, code, reason: message });
      return refuse(400, code);
    }
    const queued = await queueDeliveries(deps, { definitions, connectionName, connector, config }, deliveries);
    if (queued === 'too-large') return refuse(413, 'sync/too-large');
    deps.log('webhook received', { connection: connectionName, deliveries: deliveries.length, ...queued });
    return webhook.acknowledge?.(request) ?? { status: 200, body: '' };
  };
}

function refuse(status: number, body: string): WebhookAnswer {
  return { status, body, contentType: 'text/plain' };
}
