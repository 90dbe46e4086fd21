import { XMLParser } from 'fast-xml-parser';
import { TributaryError } from '../../domain/errors.ts';
import { sameText } from '../../domain/signed-message.ts';
import type { Delivery, RawRequest, Verification, WebhookSource } from '../contract-deliveries.ts';
import type { SalesforceConfig, SalesforceSecret } from './config.ts';
import { fullId } from './ids.ts';

/** Salesforce puts at most 100 notifications into one message (Outbound Messaging, SOAP API guide). */
const MOST_NOTIFICATIONS = 100;

const streams: Readonly<Record<string, string>> = { Contact: 'contacts', Lead: 'leads', Account: 'accounts' };

// Entities stay unread: a message needs none for its ids, and an outsider could make them grow without end.
const parser = new XMLParser({
  removeNSPrefix: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  processEntities: false,
  isArray: (name) => name === 'Notification',
});

const ACKNOWLEDGED =
  '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
  '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>' +
  '</soapenv:Body></soapenv:Envelope>';

/**
 * Outbound messages. They carry no signature, so the URL holds a secret: `/webhooks/salesforce?secret=…`, or as the last
 * part of its path. What they say is dated to when it was sent, not changed, so each is only a hint to read a record again.
 */
export const webhook: WebhookSource<SalesforceConfig, SalesforceSecret> = {
  proof: 'url-secret',
  verify,
  parse,
  acknowledge: () => ({ status: 200, body: ACKNOWLEDGED, contentType: 'text/xml; charset=utf-8' }),
};

function verify(request: RawRequest, config: SalesforceConfig, secret: SalesforceSecret): Verification {
  const given = request.query.secret ?? lastPart(request.path);
  if (given === undefined || given === '' || secret.webhook_secret === undefined)
    return { ok: false, reason: 'missing-proof' };
  if (!sameText(given, secret.webhook_secret)) return { ok: false, reason: 'bad-proof' };
  if (config.organization_id === undefined) return { ok: true };
  const sender = readMessage(request.body)?.organization;
  return sender === fullId(config.organization_id) ? { ok: true } : { ok: false, reason: 'bad-proof' };
}

function parse(request: RawRequest): readonly Delivery[] {
  const message = readMessage(request.body);
  if (message === undefined) {
    throw new TributaryError(
      'rejected',
      'salesforce/unreadable-message',
      'expected an outbound message of 1 to 100 notifications',
    );
  }
  return message.notifications.flatMap(({ id, object, recordId }) => {
    const stream = Object.hasOwn(streams, object) ? streams[object] : undefined;
    // A workflow may send objects that we do not read; there is nothing to read again then.
    return stream === undefined ? [] : [{ deliveryId: id, hint: { stream, ids: [recordId] } }];
  });
}

interface Message {
  readonly organization: string | undefined;
  readonly notifications: readonly { readonly id: string; readonly object: string; readonly recordId: string }[];
}

function readMessage(body: Uint8Array): Message | undefined {
  const outer = childOf(childOf(childOf(readXml(body), 'Envelope'), 'Body'), 'notifications');
  const found = childOf(outer, 'Notification');
  if (!Array.isArray(found) || found.length === 0 || found.length > MOST_NOTIFICATIONS) return undefined;
  const notifications: Message['notifications'][number][] = [];
  for (const notification of found) {
    const record = childOf(notification, 'sObject');
    const id = childOf(notification, 'Id');
    const object = String(childOf(record, '@type') ?? '').replace(/^.*:/, '');
    const recordId = fullId(childOf(record, 'Id'));
    if (typeof id !== 'string' || object === '' || recordId === undefined) return undefined;
    notifications.push({ id, object, recordId });
  }
  return { organization: fullId(childOf(outer, 'OrganizationId')), notifications };
}

function readXml(body: Uint8Array): unknown {
  try {
    return parser.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

function childOf(node: unknown, name: string): unknown {
  return typeof node === 'object' && node !== null && Object.hasOwn(node, name) ? Reflect.get(node, name) : undefined;
}

/** The part of `/webhooks/<connection>/<secret>` that the connection's own address does not have. */
function lastPart(path: string): string | undefined {
  return path.split('/').filter((part) => part !== '')[2];
}
