import { createHmac } from 'node:crypto';
import type { Happening } from './store.ts';

const MINUTE = 60_000;

/** "Up to 10 times over 24 hours"; the steps are not published. */
const RETRY_AFTER = [1, 5, 15, 30, 60, 120, 180, 240, 300, 480].map((minutes) => minutes * MINUTE);
/** A receiver that takes longer has failed; a request holds at most 100 events. */
const TIMEOUT_MS = 5_000;
const MOST_EVENTS = 100;

export interface SimSubscription {
  readonly url: string;
  /** `contact.propertyChange`, or all of them. */
  readonly types: ReadonlySet<string> | 'all';
}

interface Pending {
  readonly url: string;
  readonly events: readonly object[];
  tries: number;
  dueAt: number;
}

/** Sends what happens to whoever subscribed, signed, in batches, unordered, and again until somebody answers 2xx. */
export function createSender(options: {
  readonly now: () => Date;
  readonly clientSecret: string;
  readonly portalId: number;
}) {
  const { now, clientSecret, portalId } = options;
  const subscriptions: SimSubscription[] = [];
  let waiting: { readonly url: string; readonly event: object }[] = [];
  let pending: Pending[] = [];
  let eventId = 100;

  function announce(happening: Happening): void {
    const subscriptionType = `${happening.type.one}.${happening.what}`;
    for (const [index, { url, types }] of subscriptions.entries()) {
      if (types !== 'all' && !types.has(subscriptionType)) continue;
      eventId += 1;
      const event = {
        eventId,
        subscriptionId: 190 + index,
        portalId,
        appId: 18221010,
        occurredAt: now().getTime(),
        subscriptionType,
        ...(happening.what === 'associationChange' || happening.what === 'merge'
          ? {}
          : { objectId: Number(happening.id) }),
        objectTypeId: happening.type.id,
        changeSource: 'CRM_UI',
        sourceId: 'userId:1',
        ...happening.more,
      };
      waiting.push({ url, event });
    }
  }

  async function send(delivery: Pending): Promise<void> {
    const events = delivery.events.map((event) => ({ ...event, attemptNumber: delivery.tries }));
    delivery.tries += 1;
    const status = await post(signedRequest(clientSecret, delivery.url, JSON.stringify(events), now()));
    if (status >= 200 && status < 300) return;
    const wait = RETRY_AFTER[delivery.tries - 1];
    if (wait === undefined) return;
    delivery.dueAt = now().getTime() + wait;
    pending.push(delivery);
  }

  return {
    subscriptions,
    announce,
    /** Sends all that has happened. `again`: everything twice, as at-least-once may mean. */
    async settle({ again = false }: { readonly again?: boolean } = {}): Promise<void> {
      const told = waiting;
      waiting = [];
      for (const url of new Set(told.map((one) => one.url))) {
        // Order is not guaranteed; here it is the other way round.
        const events = told
          .filter((one) => one.url === url)
          .map(({ event }) => event)
          .reverse();
        for (let start = 0; start < events.length; start += MOST_EVENTS) {
          const some = events.slice(start, start + MOST_EVENTS);
          for (let time = 0; time < (again ? 2 : 1); time += 1) {
            await send({ url, events: some, tries: 0, dueAt: 0 });
          }
        }
      }
    },
    /** Sends again what is due now; returns how many deliveries that were. */
    async retryDue(): Promise<number> {
      const due = pending.filter(({ dueAt }) => dueAt <= now().getTime());
      pending = pending.filter(({ dueAt }) => dueAt > now().getTime());
      for (const delivery of due) await send(delivery);
      return due.length;
    },
  };
}

/** A request as HubSpot signs it: base64(HMAC-SHA256(secret, method + URL + body + timestamp)). */
export function signedRequest(secret: string, url: string, body: string, at: Date) {
  const timestamp = String(at.getTime());
  const proof = createHmac('sha256', secret).update(`POST${url}${body}${timestamp}`, 'utf8').digest('base64');
  return {
    url,
    body,
    headers: {
      'content-type': 'application/json',
      'x-hubspot-signature-v3': proof,
      'x-hubspot-request-timestamp': timestamp,
    },
  };
}

async function post({ url, body, headers }: ReturnType<typeof signedRequest>): Promise<number> {
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    // No answer is a failed delivery like any other: it is tried again.
    return 0;
  }
}
