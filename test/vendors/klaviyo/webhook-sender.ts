import { createHmac } from 'node:crypto';
import { eventResource } from './resources.ts';
import type { KlaviyoStore, SimEvent } from './store.ts';

const TIMEOUT_MS = 5_000;

/** Topics by metric, as far as their names are known from the vendor's examples; others follow the same pattern. */
export function topicOf(metric: string): string {
  const known: Readonly<Record<string, string>> = {
    'Received Email': 'email_delivered',
    'Clicked Email': 'clicked_email',
    'Opened Email': 'opened_email',
  };
  return `event:klaviyo.${known[metric] ?? metric.toLowerCase().replaceAll(/[^a-z]+/g, '_')}`;
}

/** Sends what was tracked to whoever subscribed, signed; what fails is kept and sent again when asked to. */
export function createSender(options: {
  readonly now: () => Date;
  readonly secretKey: string;
  readonly account: string;
}) {
  const { now, secretKey, account } = options;
  const urls: string[] = [];
  let waiting: { readonly url: string; readonly data: readonly object[] }[] = [];

  return {
    subscribe: (url: string) => void urls.push(url),
    announce({ metrics }: KlaviyoStore, event: SimEvent): void {
      const name = [...metrics].find(([, id]) => id === event.metric)?.[0] ?? '';
      const data = [
        { external_id: event.id, topic: topicOf(name), payload: { data: eventResource(event), included: [] } },
      ];
      for (const url of urls) waiting.push({ url, data });
    },
    /** Sends all that has happened. `again`: everything twice, as at-least-once may mean. */
    async settle({ again = false }: { readonly again?: boolean } = {}): Promise<void> {
      const told = waiting;
      waiting = [];
      for (const one of told) {
        const meta = { klaviyo_account_id: account, klaviyo_webhook_id: '01KWHOOK', timestamp: now().toISOString() };
        const body = JSON.stringify({ data: one.data, meta });
        for (let time = 0; time < (again ? 2 : 1); time += 1) {
          const status = await post(one.url, signedRequest(secretKey, body, now()));
          if (status < 200 || status >= 300) waiting.push(one);
        }
      }
    },
  };
}

/** A request as Klaviyo signs it: hex(HMAC-SHA256(secret key, body + time)), the time as the header writes it. */
export function signedRequest(secretKey: string, body: string, at: Date, timestamp = at.toUTCString()) {
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'klaviyo-webhook-id': '01KWHOOK',
      'klaviyo-signature': createHmac('sha256', secretKey).update(`${body}${timestamp}`, 'utf8').digest('hex'),
      'klaviyo-timestamp': timestamp,
    },
  };
}

async function post(url: string, { body, headers }: ReturnType<typeof signedRequest>): Promise<number> {
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    // No answer is a failed delivery like any other: it is tried again.
    return 0;
  }
}
