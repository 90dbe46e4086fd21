import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

const TIMEOUT_MS = 5_000;

/** An event as the Event Webhook tells it, without its id. */
export interface MailEvent {
  readonly event: string;
  readonly email: string;
  readonly at: Date;
  readonly [more: string]: unknown;
}

/** Keys of one Event Webhook: SendGrid keeps one half, and shows the other as Base64 of its DER form. */
export function openSigner() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    request: (body: string, at: Date) => signedRequest(privateKey, body, at),
  };
}

/** A request as SendGrid signs it: ECDSA over P-256 and SHA-256 of the time in seconds and the body, in Base64. */
function signedRequest(privateKey: KeyObject, body: string, at: Date) {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'x-twilio-email-event-webhook-signature': sign('sha256', Buffer.from(timestamp + body), privateKey).toString(
        'base64',
      ),
      'x-twilio-email-event-webhook-timestamp': timestamp,
    },
  };
}

/** Sends what happened to whoever subscribed, signed; what fails is kept and sent again when asked to. */
export function createSender(signer: ReturnType<typeof openSigner>, now: () => Date) {
  const urls: string[] = [];
  let waiting: { readonly url: string; readonly events: readonly object[] }[] = [];
  let lastId = 0;

  return {
    subscribe: (url: string) => void urls.push(url),
    /** Something happens to a mail; resolves with the event's id. */
    happen({ at, ...event }: MailEvent): string {
      lastId += 1;
      const id = Buffer.from(`event-${lastId}`).toString('base64url');
      const told = {
        ...event,
        timestamp: Math.floor(at.getTime() / 1_000),
        sg_event_id: id,
        sg_message_id: `message-${lastId}.recvd-simulated-0`,
      };
      for (const url of urls) waiting.push({ url, events: [told] });
      return id;
    },
    /** Sends all that has happened, a delivery for each address. `again`: everything twice, as at-least-once may mean. */
    async settle({ again = false }: { readonly again?: boolean } = {}): Promise<void> {
      const told = waiting;
      waiting = [];
      for (const url of new Set(told.map((one) => one.url))) {
        const events = told.filter((one) => one.url === url).flatMap((one) => one.events);
        // A list of events that ends with a line of its own: that is what SendGrid signs and sends.
        const { body, headers } = signer.request(`${JSON.stringify(events)}\r\n`, now());
        for (let time = 0; time < (again ? 2 : 1); time += 1) {
          const status = await post(url, body, headers);
          if (status < 200 || status >= 300) waiting.push({ url, events });
        }
      }
    },
  };
}

async function post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<number> {
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    // No answer is a failed delivery like any other: it is tried again.
    return 0;
  }
}
