import { randomUUID } from 'node:crypto';
import type { SalesforceStore, StoredChange } from './store.ts';

/** An event as Event Relay puts it on a partner event bus: EventBridge's `detail-type` and `detail`. */
export interface RelayedEvent {
  readonly detailType: string;
  readonly detail: { readonly payload: { readonly ChangeEventHeader: ChangeEventHeader } & Record<string, unknown> };
}

export interface ChangeEventHeader {
  readonly entityName: string;
  readonly recordIds: readonly string[];
  readonly changeType: string;
  readonly changeOrigin: string;
  readonly transactionKey: string;
  readonly sequenceNumber: number;
  readonly commitTimestamp: number;
  readonly commitNumber: number;
  readonly commitUser: string;
  readonly changedFields: readonly string[];
}

export type Put = (event: RelayedEvent) => Promise<void>;

/** A relay that runs: what it has put so far. */
export interface Relay {
  /** Resolves once everything that changed so far is on the bus. */
  settle(): Promise<void>;
}

/** Values that change events leave out (Change Data Capture guide). */
const UNTOLD = new Set(['Id', 'IsDeleted', 'SystemModstamp']);

/**
 * Relays changes of these objects, as a channel with a member for each. Event Relay puts the whole change event into `detail`
 * (second-hand: a public consumer's tests and a Terraform module's filter); what stands beside `payload` is not known.
 */
export function startRelay(store: SalesforceStore, objects: readonly string[], put: Put): Relay {
  let commits = 0;
  let sent = Promise.resolve();
  store.onChange((change) => {
    if (!objects.includes(change.object)) return;
    commits += 1;
    const event = changeEvent(change, { commitNumber: commits });
    sent = sent.then(() => put(event));
  });
  return { settle: () => sent };
}

/** One change as an event. `header` overrides what it says of itself: gaps, several records, the same transaction again. */
export function changeEvent(change: StoredChange, header: Partial<ChangeEventHeader> = {}): RelayedEvent {
  const told = Object.entries(change.fields).filter(([field]) => !UNTOLD.has(field));
  const isUpdate = change.changeType === 'UPDATE';
  const says: ChangeEventHeader = {
    entityName: change.object,
    recordIds: [change.id],
    changeType: change.changeType,
    changeOrigin: 'com/salesforce/api/rest/60.0',
    transactionKey: randomUUID(),
    sequenceNumber: 1,
    commitTimestamp: change.at,
    commitNumber: 1,
    commitUser: '0055g000004Demo1AA',
    changedFields: isUpdate ? [...told.map(([field]) => field), 'LastModifiedDate'] : [],
    ...header,
  };
  const values = isUpdate || change.changeType === 'CREATE' ? Object.fromEntries(told) : {};
  return { detailType: `${change.object}ChangeEvent`, detail: { payload: { ChangeEventHeader: says, ...values } } };
}
