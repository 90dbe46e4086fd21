import type { Approval } from '../lib/pipeline/push/approve.ts';
import type { PushRun } from '../lib/pipeline/push/push-run.ts';
import { element, quiet, sentenceOf } from './dom.ts';
import { toAudience } from './routes.ts';
import { ask, RefusedError } from './stage-api.ts';

/** Letters of a hash that name a plan well enough for a person. */
const ENOUGH = 8;

/**
 * Approves exactly the plan that the page shows: its whole hash is sent, and the API refuses when it is not the plan of
 * the latest run any more. Typing its beginning is for the person: it cannot be done by a slip.
 */
export function approvalForm({ id, audience }: PushRun, hash: string, decided: (said: string) => void): HTMLElement {
  const by = field('approve-by', 'Your name, kept with the run', { autocomplete: 'name', maxlength: '100' });
  const typed = field('approve-hash', `The first ${ENOUGH} letters of the plan: ${hash.slice(0, ENOUGH)}`, {
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    maxlength: String(hash.length),
    class: 'hash',
  });
  const submit = element('button', { type: 'submit' }, 'Approve this plan');
  const answer = element('p', { id: 'approve-answer', role: 'alert', class: 'bad' });
  const form = element('form', { class: 'approve', novalidate: '' }, ...by.parts, ...typed.parts, submit, answer);
  let sending = false;

  async function send(): Promise<void> {
    const wrong = by.value() === '' ? by : beginsWith(hash, typed.value()) ? undefined : typed;
    if (wrong !== undefined) {
      const what =
        wrong === by ? 'Say who approves it.' : `Type ${hash.slice(0, ENOUGH)}, the beginning of the plan’s hash.`;
      answer.textContent = what;
      wrong.input.setAttribute('aria-invalid', 'true');
      wrong.input.focus();
      return;
    }
    const body = { hash, by: by.value() };
    const { already, state } = await ask<Approval>(`/api/runs/${encodeURIComponent(id)}/approve`, body);
    decided(already ? `It was approved before and is ${state}; nothing more happened.` : 'Approved: it goes on now.');
  }

  form.addEventListener('submit', (submission) => {
    submission.preventDefault();
    if (sending) return;
    sending = true;
    submit.setAttribute('aria-disabled', 'true');
    answer.textContent = '';
    for (const { input } of [by, typed]) input.removeAttribute('aria-invalid');
    void send()
      .catch((thrown: unknown) => {
        // Said beside the button; nothing was approved.
        answer.replaceChildren(...refusalOf(thrown, audience));
      })
      .finally(() => {
        sending = false;
        submit.removeAttribute('aria-disabled');
      });
  });
  return element('div', {}, quiet('It goes on with exactly this plan, and sends whoever of it is still wanted.'), form);
}

function beginsWith(hash: string, typed: string): boolean {
  return typed.length >= ENOUGH && hash.startsWith(typed.toLowerCase());
}

function refusalOf(thrown: unknown, audience: string): readonly (Node | string)[] {
  const stale = thrown instanceof RefusedError && thrown.code === 'push/plan-moved';
  if (!stale) return [`Not approved: ${sentenceOf(thrown)}`];
  const latest = element('a', { href: toAudience(audience) }, 'Go to its latest run');
  return [`Not approved: this plan is out of date. ${thrown.message}. `, latest];
}

function field(id: string, label: string, attributes: Readonly<Record<string, string>>) {
  const input = element('input', { id, name: id, required: '', 'aria-describedby': 'approve-answer', ...attributes });
  return {
    input,
    parts: [element('label', { for: id }, label), input],
    value: () => input.value.trim(),
  };
}
