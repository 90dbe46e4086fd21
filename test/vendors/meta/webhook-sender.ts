import { createHmac, randomInt } from 'node:crypto';
import type { Update } from './store.ts';

const TIMEOUT_MS = 5_000;

/** Sends updates to whoever answered the challenge, signed; what fails is kept and sent again when asked to. */
export function createSender(options: {
  readonly now: () => Date;
  readonly appSecret: string;
  readonly verifyToken: string;
}) {
  const { now, appSecret, verifyToken } = options;
  const urls: string[] = [];
  let waiting: { readonly url: string; readonly body: string }[] = [];

  return {
    async subscribe(url: string): Promise<boolean> {
      const challenge = String(randomInt(1e9));
      const check = new URL(url);
      check.searchParams.set('hub.mode', 'subscribe');
      check.searchParams.set('hub.challenge', challenge);
      check.searchParams.set('hub.verify_token', verifyToken);
      const answer = await fetch(check, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const isTaken = answer.status === 200 && (await answer.text()) === challenge;
      if (isTaken) urls.push(url);
      return isTaken;
    },
    announce({ object, of, field, value }: Update): void {
      const time = Math.floor(now().getTime() / 1_000);
      const body = escaped(JSON.stringify({ object, entry: [{ id: of, time, changes: [{ field, value }] }] }));
      for (const url of urls) waiting.push({ url, body });
    },
    /** Sends all that has happened. `again`: everything twice, as at-least-once may mean. */
    async settle({ again = false }: { readonly again?: boolean } = {}): Promise<void> {
      const told = waiting;
      waiting = [];
      for (const one of told) {
        for (let time = 0; time < (again ? 2 : 1); time += 1) {
          const status = await post(one.url, signedRequest(appSecret, one.body));
          if (status < 200 || status >= 300) waiting.push(one);
        }
      }
    },
  };
}

/** A request as Meta signs it, over the bytes that it sends. */
export function signedRequest(appSecret: string, body: string) {
  const mac = createHmac('sha256', appSecret).update(body, 'utf8').digest('hex');
  return { body, headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${mac}` } };
}

/** Every letter beyond ASCII is escaped in the body that is signed and sent (Graph API, "Webhooks", validating payloads). */
function escaped(json: string): string {
  return json.replaceAll(/[\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
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
