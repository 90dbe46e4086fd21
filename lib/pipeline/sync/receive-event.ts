import type { BusEvent } from '../../connectors/contract-deliveries.ts';
import { loadConnector } from '../../connectors/define.ts';
import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import type { ConnectionDeps } from '../connections.ts';
import { type DeliveryDeps, queueDeliveries } from './queue-deliveries.ts';

export interface EventDeps extends Pick<ConnectionDeps, 'connectors' | 'definitions' | 'log'>, DeliveryDeps {}

/** EventBridge's envelope, if a message is one: what a rule hands to the queue, as it came by the bus. */
export function readBusEvent(message: Json): BusEvent | undefined {
  if (!isJsonObject(message)) return undefined;
  const { id, source, detail, 'detail-type': detailType } = message;
  if (typeof id !== 'string' || typeof source !== 'string' || typeof detailType !== 'string') return undefined;
  return { id, source, detailType, detail: detail ?? null };
}

/**
 * Queues what a vendor's event tells the connections that name its bus. No vendor is called. An event of a bus that no
 * connection names any more tells nobody anything.
 */
export function receiveEvent(deps: EventDeps) {
  return async function receive(event: BusEvent): Promise<void> {
    const definitions = await deps.definitions();
    const told = Object.values(definitions.connections).filter(({ eventBus }) => eventBus === event.source);
    for (const { name, connector: kind, config: settings } of told) {
      const connector = await loadConnector(deps.connectors, kind);
      const config = connector?.config.safeParse(settings);
      if (connector?.events === undefined || config?.success !== true) continue;
      const deliveries = connector.events.parse(event, name, config.data);
      const queued = await queueDeliveries(
        deps,
        { definitions, connectionName: name, connector, config: config.data },
        deliveries,
      );
      if (queued === 'too-large') {
        throw new TributaryError('rejected', 'sync/too-large', `an event of connection ${name} fits into no message`);
      }
      deps.log('event received', { connection: name, deliveries: deliveries.length, ...queued });
    }
    if (told.length === 0) deps.log('event of no connection', { event: event.id, type: event.detailType });
  };
}
