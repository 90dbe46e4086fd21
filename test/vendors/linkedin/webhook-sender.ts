import { createHmac, randomUUID } from 'node:crypto';
import type { Told } from './store.ts';

const TIMEOUT_MS = 5_000;
/** So many notifications of social actions come in one delivery. */
const BATCH = 10;

/** Sends notifications to whoever answered the challenge, signed; what fails is kept and sent again when asked to. */
export function createSender(clientSecret: string) {
  const urls: string[] = [];
  let waiting: { readonly url: string; readonly body: string }[] = [];
  let told: Told[] = [];

  return {
    async subscribe(url: string): Promise<boolean> {
      const challengeCode = randomUUID();
      const check = new URL(url);
      check.searchParams.set('challengeCode', challengeCode);
      check.searchParams.set('applicationId', '1');
      const answer = await fetch(check, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const wanted = createHmac('sha256', clientSecret).update(challengeCode).digest('hex');
      const body = answer.status === 200 ? ((await answer.json()) as Readonly<Record<string, unknown>>) : {};
      const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true;
      const isTaken = isJson && body.challengeCode === challengeCode && body.challengeResponse === wanted;
      if (isTaken) urls.push(url);
      return isTaken;
    },
    announce: (one: Told) => void told.push(one),
    /** Sends all that has happened. `again`: everything twice, as at-least-once may mean. */
    async settle({ again = false }: { readonly again?: boolean } = {}): Promise<void> {
      const due = [...waiting, ...urls.flatMap((url) => bodiesOf(told).map((body) => ({ url, body })))];
      told = [];
      waiting = [];
      for (const one of due) {
        for (let time = 0; time < (again ? 2 : 1); time += 1) {
          const status = await post(one.url, signedRequest(clientSecret, one.body));
          if (status < 200 || status >= 300) waiting.push(one);
        }
      }
    },
  };
}

function bodiesOf(told: readonly Told[]): string[] {
  const leads = told.flatMap((one) => (one.type === 'LEAD_ACTION' ? [one.body] : []));
  const social = told.flatMap((one) => (one.type === 'LEAD_ACTION' ? [] : [one.notification]));
  const batches = Array.from({ length: Math.ceil(social.length / BATCH) }, (_, n) => ({
    type: 'ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS',
    notifications: social.slice(n * BATCH, (n + 1) * BATCH),
  }));
  return [...leads, ...batches].map((body) => JSON.stringify(body));
}

/** A request as LinkedIn signs it: the prefix is part of what is signed and stands in no header. */
export function signedRequest(clientSecret: string, body: string) {
  const mac = createHmac('sha256', clientSecret).update(`hmacsha256=${body}`, 'utf8').digest('hex');
  return { body, headers: { 'content-type': 'application/json', 'x-li-signature': mac } };
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
