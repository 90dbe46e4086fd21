import type { Happening } from './list.ts';
import { md5, vendorTime } from './member.ts';

const MINUTE = 60_000;

/** Retries "at increasing intervals over 75 minutes" (Mailchimp developer guide, webhooks); the steps are not published. */
const RETRY_AFTER = [1 * MINUTE, 4 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE];

/** A receiver that takes longer has failed (Mailchimp developer guide, webhooks). */
const TIMEOUT_MS = 10_000;

export interface SimWebhook {
  readonly id: string;
  readonly listId: string;
  readonly url: string;
  readonly events: ReadonlySet<string>;
  readonly sources: ReadonlySet<string>;
  /** A receiver that once answered 410 is never called again (release note of 2021-04-05). */
  disabled: boolean;
}

interface Pending {
  readonly webhook: SimWebhook;
  readonly body: string;
  tries: number;
  dueAt: number;
}

/** Sends deliveries and tries again what failed, when the clock says so. */
export function makeWebhookSender(now: () => number) {
  const hooks: SimWebhook[] = [];
  let pending: Pending[] = [];
  const sending = new Set<Promise<void>>();

  /** The receiver must answer a GET with 200 before the webhook exists; many code bases document the validator. */
  async function validate(url: string): Promise<boolean> {
    const answer = await fetch(url, {
      headers: { 'user-agent': 'MailChimp.com WebHook Validator' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch(() => undefined);
    await answer?.arrayBuffer();
    return answer?.status === 200;
  }

  function announce(listId: string, happening: Happening): void {
    const body = formOf(listId, happening, now());
    for (const webhook of hooks) {
      if (webhook.listId !== listId || !webhook.events.has(happening.type) || !webhook.sources.has(happening.by))
        continue;
      start({ webhook, body, tries: 0, dueAt: now() });
    }
  }

  function start(delivery: Pending): void {
    const attempt = send(delivery).finally(() => sending.delete(attempt));
    sending.add(attempt);
  }

  async function send(delivery: Pending): Promise<void> {
    if (delivery.webhook.disabled) return;
    delivery.tries += 1;
    const status = await post(delivery.webhook.url, delivery.body);
    if (status >= 200 && status < 300) return;
    if (status === 410) {
      delivery.webhook.disabled = true;
      return;
    }
    const wait = RETRY_AFTER[delivery.tries - 1];
    if (wait === undefined) return;
    delivery.dueAt = now() + wait;
    pending.push(delivery);
  }

  return {
    hooks,
    validate,
    announce,
    /** Waits until nothing is on its way; what failed waits for its time. */
    async settle(): Promise<void> {
      while (sending.size > 0) await Promise.all(sending);
    },
    /** Sends again what is due now; returns how many deliveries that were. */
    async retryDue(): Promise<number> {
      const due = pending.filter(({ dueAt }) => dueAt <= now());
      pending = pending.filter(({ dueAt }) => dueAt > now());
      for (const delivery of due) start(delivery);
      while (sending.size > 0) await Promise.all(sending);
      return due.length;
    },
    /** When the next retry is due; undefined when nothing waits. For a clock that steps. */
    nextRetryAt: (): Date | undefined =>
      pending.length === 0 ? undefined : new Date(Math.min(...pending.map(({ dueAt }) => dueAt))),
  };
}

async function post(url: string, body: string): Promise<number> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'MailChimp.com' },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    // No answer is a failed delivery like any other: it is tried again.
    return 0;
  }
}

/** The documented form fields of each type; `data[id]` is the unique e-mail id, not the member's MD5. */
export function formOf(listId: string, { type, member, formerEmail, deleted }: Happening, at: number): string {
  const form = new URLSearchParams({ type, fired_at: vendorTime(at).slice(0, 19).replace('T', ' ') });
  const uniqueId = md5(`unique ${member.webId}`).slice(0, 10);
  form.set('data[list_id]', listId);
  if (type === 'upemail') {
    form.set('data[new_id]', uniqueId);
    form.set('data[new_email]', member.email);
    form.set('data[old_email]', formerEmail ?? '');
    return form.toString();
  }
  form.set('data[email]', member.email);
  if (type === 'cleaned') {
    form.set('data[campaign_id]', '');
    form.set('data[reason]', 'hard');
    return form.toString();
  }
  if (type === 'unsubscribe') {
    form.set('data[action]', deleted === true ? 'delete' : 'unsub');
    form.set('data[reason]', 'manual');
  }
  form.set('data[id]', uniqueId);
  form.set('data[email_type]', 'html');
  form.set('data[ip_opt]', '203.0.113.9');
  form.set('data[web_id]', String(member.webId));
  form.set('data[merges][EMAIL]', member.email);
  for (const [tag, value] of Object.entries(member.mergeFields)) {
    if (typeof value === 'string') form.set(`data[merges][${tag}]`, value);
  }
  return form.toString();
}
