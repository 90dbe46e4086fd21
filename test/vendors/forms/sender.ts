import { typeformRequest } from './signing.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Typeform webhooks documentation, read on 2026-08-22: these statuses are tried again every two to three minutes for ten hours. */
const BUSY: ReadonlySet<number> = new Set([408, 423, 429, 503]);
const BUSY_TRIES = 200;
const BACK_OFF = [5 * MINUTE, 10 * MINUTE, 20 * MINUTE, HOUR, 2 * HOUR];
/** A receiver that takes longer has failed. */
const TIMEOUT_MS = 30_000;

interface Pending {
  readonly body: string;
  tries: number;
  dueAt: number;
}

/** A webhook of one form: signed deliveries, sent again until somebody answers 2xx, switched off by a 404 or 410. */
export function createSender(now: () => Date, secret: string) {
  const hook: { url?: string; disabled: boolean } = { disabled: false };
  const sent: { readonly body: string; readonly status: number }[] = [];
  let pending: Pending[] = [];

  async function send(delivery: Pending): Promise<void> {
    if (hook.url === undefined || hook.disabled) return;
    delivery.tries += 1;
    const status = await post(hook.url, typeformRequest(secret, delivery.body));
    sent.push({ body: delivery.body, status });
    if (status >= 200 && status < 300) return;
    if (status === 404 || status === 410) {
      hook.disabled = true;
      return;
    }
    const wait = BUSY.has(status)
      ? delivery.tries < BUSY_TRIES
        ? 2 * MINUTE
        : undefined
      : BACK_OFF[delivery.tries - 1];
    if (wait === undefined) return;
    delivery.dueAt = now().getTime() + wait;
    pending.push(delivery);
  }

  return {
    /** What went out, with the answer's status. */
    sent,
    isDisabled: () => hook.disabled,
    subscribe(url: string): void {
      hook.url = url;
      hook.disabled = false;
    },
    announce: (body: string): Promise<void> => send({ body, tries: 0, dueAt: 0 }),
    /** Sends again what is due now; returns how many deliveries that were. */
    async retryDue(): Promise<number> {
      const due = pending.filter(({ dueAt }) => dueAt <= now().getTime());
      pending = pending.filter(({ dueAt }) => dueAt > now().getTime());
      for (const delivery of due) await send(delivery);
      return due.length;
    },
  };
}

async function post(url: string, { body, headers }: ReturnType<typeof typeformRequest>): Promise<number> {
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0; // No answer is a failed delivery like any other: it is tried again.
  }
}
