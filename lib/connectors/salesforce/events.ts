import * as z from 'zod';
import type { Change } from '../../domain/change.ts';
import type { Json } from '../../domain/json.ts';
import type { BusEvent, Delivery, EventSource } from '../contract-deliveries.ts';
import { epochMs } from '../epoch.ts';
import type { SalesforceConfig } from './config.ts';
import { fullId, objectOf } from './ids.ts';

type Entity = 'Account' | 'Contact' | 'Lead';

const streams: Readonly<Record<Entity, string>> = { Account: 'accounts', Contact: 'contacts', Lead: 'leads' };

/** What is used of the header of a change event (Change Data Capture guide, ChangeEventHeader). */
const header = z.object({
  entityName: z.string(),
  changeType: z.string(),
  recordIds: z.array(z.string()),
  commitTimestamp: epochMs,
  transactionKey: z.string(),
  sequenceNumber: z.number(),
  changedFields: z.array(z.string()).default([]),
});

type Header = z.infer<typeof header>;

/** Event Relay puts the change event into `detail` whole; AppFlow only what is in its payload. */
const detail = z.union([
  z.object({ payload: z.object({ ChangeEventHeader: header }) }).transform(({ payload }) => payload),
  z.object({ ChangeEventHeader: header }),
]);

/**
 * Change Data Capture by Event Relay. An event holds the fields that changed and not the record, so it is a hint to read the
 * record again; only a deletion is believed as it is, because there is nothing left to read.
 */
export const events: EventSource<SalesforceConfig> = {
  buses: ['aws.partner/salesforce.com/', 'aws.partner/appflow'],
  parse,
};

function parse(event: BusEvent, connection: string): readonly Delivery[] {
  const parsed = detail.safeParse(event.detail);
  if (!parsed.success) return [unreadable(event)];
  const change = parsed.data.ChangeEventHeader;
  const { entityName, transactionKey, sequenceNumber } = change;
  // A channel may carry objects that we do not read again record by record; their streams are pulled in time.
  if (!isEntity(entityName)) return [];
  // Events come at least once, with the place in their transaction (Change Data Capture guide).
  return deliveriesOf(change, entityName, connection, `${transactionKey}/${sequenceNumber}/${entityName}`);
}

function deliveriesOf(change: Header, entity: Entity, connection: string, deliveryId: string): readonly Delivery[] {
  const stream = streams[entity];
  const ids = change.recordIds.flatMap((id) => {
    const full = fullId(id);
    return full !== undefined && objectOf(full) === entity ? [full] : [];
  });
  // Too much changed at once, or so many records that a wildcard stands for them: nobody is named.
  if (change.changeType === 'GAP_OVERFLOW' || ids.length < change.recordIds.length || ids.length === 0) {
    return [{ deliveryId, pull: { stream } }];
  }
  if (change.changeType === 'DELETE') {
    const at = new Date(change.commitTimestamp).toISOString();
    return ids.map((id) => ({ deliveryId: `${deliveryId}/${id}`, change: goneOf(entity, connection, id, at) }));
  }
  // A gap says that the event itself could not be made: not which fields changed, so any may have.
  const withdraws =
    entity !== 'Account' && (change.changeType === 'GAP_UPDATE' || changes(change, 'HasOptedOutOfEmail'));
  const paused = withdraws ? { withdraws: ids.map((id) => `${connection}:${entity.toLowerCase()}:${id}`) } : {};
  return [{ deliveryId, hint: { stream, ids, ...paused } }];
}

function changes({ changeType, changedFields }: Header, field: string): boolean {
  return changeType === 'UPDATE' && changedFields.includes(field);
}

function goneOf(entity: Entity, connection: string, id: string, at: string): Change {
  if (entity === 'Account') return { kind: 'account', account: `${connection}:account:${id}`, at, gone: true };
  return { kind: 'gone', fragment: `${connection}:${entity.toLowerCase()}:${id}`, at };
}

function isEntity(name: string): name is Entity {
  return Object.hasOwn(streams, name);
}

function unreadable({ id, detailType, detail: record }: BusEvent): Delivery {
  const reason = 'expected a change event with a ChangeEventHeader';
  const rejection = { code: 'salesforce/unreadable-event', reason, record: { detailType, detail: record as Json } };
  return { deliveryId: id, rejection };
}
