import { setTimeout as sleep } from 'node:timers/promises';
import type { SalesforceStore } from './store.ts';

export interface OutboundOptions {
  /** How often a message is sent before it is given up; Salesforce goes on for 24 hours. Default 3. */
  readonly attempts?: number;
  /** First pause between two attempts; each is twice the one before. Default 20 ms. */
  readonly retryDelayMs?: number;
}

export interface OutboundResult {
  readonly acknowledged: boolean;
  readonly attempts: number;
  readonly notificationIds: readonly string[];
}

/** The most notifications of one message (SOAP API guide, outbound messaging). */
const MOST_NOTIFICATIONS = 100;

/**
 * Sends records as outbound messages, 100 to a message at most, and repeats each until it is acknowledged. A repeated
 * message carries the same notification ids and the record as it is then, not as it was (SOAP API guide).
 */
export async function sendOutbound(
  store: SalesforceStore,
  message: {
    readonly url: string;
    readonly ids: readonly string[];
    readonly organizationId: string;
    readonly makeId: (prefix: string) => string;
  },
  options: OutboundOptions = {},
): Promise<OutboundResult> {
  const notifications = message.ids.map((recordId) => ({ id: message.makeId('04l'), recordId }));
  let attempts = 0;
  let acknowledged = true;
  for (let start = 0; start < notifications.length; start += MOST_NOTIFICATIONS) {
    const part = notifications.slice(start, start + MOST_NOTIFICATIONS);
    const sent = await sendUntilAcknowledged(
      message.url,
      () =>
        outboundEnvelope(
          message.organizationId,
          part.map((one) => notificationOf(store, one)),
        ),
      options,
    );
    attempts += sent.attempts;
    acknowledged &&= sent.acknowledged;
  }
  return { acknowledged, attempts, notificationIds: notifications.map(({ id }) => id) };
}

async function sendUntilAcknowledged(
  url: string,
  body: () => string,
  options: OutboundOptions,
): Promise<{ acknowledged: boolean; attempts: number }> {
  const most = options.attempts ?? 3;
  let pause = options.retryDelayMs ?? 20;
  for (let attempt = 1; attempt <= most; attempt += 1) {
    if (await post(url, body())) return { acknowledged: true, attempts: attempt };
    if (attempt < most) await sleep(pause);
    pause *= 2;
  }
  return { acknowledged: false, attempts: most };
}

async function post(url: string, body: string): Promise<boolean> {
  try {
    const headers = { 'content-type': 'text/xml; charset=utf-8', soapaction: '""' };
    const response = await fetch(url, { method: 'POST', headers, body });
    const answer = await response.text();
    return response.status === 200 && /<Ack>true<\/Ack>/.test(answer);
  } catch {
    return false;
  }
}

/** What one notification tells: an object, its id, and one field to show that others may come along. */
export interface Notification {
  readonly id: string;
  readonly object: string;
  readonly recordId: string;
  readonly email?: string;
}

/** The SOAP message that carries notifications. */
export function outboundEnvelope(organizationId: string, notifications: readonly Notification[]): string {
  const own = 'https://example.my.salesforce.com/services/Soap';
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>',
    `<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>${organizationId}</OrganizationId><ActionId>04k5g0000000001AAA</ActionId><SessionId xsi:nil="true"/>`,
    `<EnterpriseUrl>${own}/c/60.0/${organizationId}</EnterpriseUrl><PartnerUrl>${own}/u/60.0/${organizationId}</PartnerUrl>`,
    ...notifications.map(notificationXml),
    '</notifications></soapenv:Body></soapenv:Envelope>',
  ].join('');
}

function notificationXml({ id, object, recordId, email }: Notification): string {
  const field = email === undefined ? '' : `<sf:Email>${escapeXml(email)}</sf:Email>`;
  return `<Notification><Id>${id}</Id><sObject xsi:type="sf:${object}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>${recordId}</sf:Id>${field}</sObject></Notification>`;
}

function notificationOf(
  store: SalesforceStore,
  { id, recordId }: { readonly id: string; readonly recordId: string },
): Notification {
  const object = [...store.schemas.values()].find(({ prefix }) => recordId.startsWith(prefix))?.name ?? 'Contact';
  const email = store.get(recordId)?.Email;
  return { id, object, recordId, ...(typeof email === 'string' ? { email } : {}) };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
