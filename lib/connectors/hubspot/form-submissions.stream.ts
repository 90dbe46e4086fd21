import * as z from 'zod';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { ReadOptions, Schema } from '../contract.ts';
import { defineStream } from '../define.ts';
import { epochMs } from '../epoch.ts';
import { addressIdOf } from './address.ts';
import type { Form } from './answers.ts';
import type { HubspotApi } from './client.ts';
import { lookbackMs } from './config.ts';
import { SUBMISSION_PAGE } from './manifest.ts';

export const submissionMapping: Mapping = {
  version: 1,
  object: 'address',
  subject: 'person',
  by: 'person',
  // Who leaves no address stays unknown: the submission then is a record of its own.
  id: ['address_id', 'conversionId'],
  at: ['at'],
  identifiers: [{ type: 'email', from: 'answers.email' }],
  activity: {
    id: ['conversionId'],
    name: 'Form Submitted',
    properties: {
      form_id: { from: 'form_id', as: 'string' },
      form: { from: 'form_name', as: 'string' },
      url: { from: 'pageUrl', as: 'string' },
      answers: { from: 'answers' },
    },
  },
};

/** A submission with its form. Several answers to one question are one text, as HubSpot itself keeps them. */
export const submissionRecord = z
  .looseObject({
    conversionId: z.string().min(1),
    submittedAt: epochMs,
    form_id: z.string(),
    values: z.array(z.looseObject({ name: z.string(), value: z.string().nullish() })),
  })
  .transform(({ values, ...submission }) => {
    const told = new Map<string, string>();
    for (const { name, value } of values) {
      if (value == null || value === '') continue;
      const before = told.get(name);
      told.set(name, before === undefined ? value : `${before};${value}`);
    }
    const email = told.get('email');
    return {
      ...submission,
      answers: Object.fromEntries(told),
      at: new Date(submission.submittedAt).toISOString(),
      ...(email === undefined ? {} : { address_id: addressIdOf(email) }),
    };
  }) as unknown as Schema<JsonObject>;

const instant = z.int();

/** Either the end of the last complete run, or a page of one form inside a frozen window; forms come by their ids. */
const cursor = z.discriminatedUnion('phase', [
  z.strictObject({ v: z.literal(1), phase: z.literal('done'), until: instant }),
  z.strictObject({
    v: z.literal(1),
    phase: z.literal('forms'),
    since: instant,
    until: instant,
    form: z.string().nullable(),
    after: z.string().nullable(),
  }),
]);

type Cursor = z.infer<typeof cursor>;
type Position = Extract<Cursor, { phase: 'forms' }>;

/** Submissions of every form. HubSpot gives them newest first and cannot be asked for a time, so each form is read back to it. */
export const formSubmissions = defineStream<HubspotApi, JsonObject, Cursor>({
  name: 'form-submissions',
  record: submissionRecord,
  cursor,
  mappings: { submission: submissionMapping },
  async *read(api, from, options) {
    let at: Position = from?.phase === 'forms' ? from : openWindow(api, from, options.now);
    if (options.signal.aborted) return;
    let forms = await formsFrom(api, at);
    while (!options.signal.aborted) {
      const [form, ...others] = forms;
      const { records, after } =
        form === undefined ? { records: [], after: undefined } : await readPage(api, form, at, options);
      if (after === undefined) forms = others;
      const next: Cursor =
        after !== undefined
          ? { ...at, form: form?.id ?? null, after }
          : others[0] === undefined
            ? { v: 1, phase: 'done', until: at.until }
            : { ...at, form: others[0].id, after: null };
      if (records.length > 0 || next.phase === 'done') yield { mapping: 'submission', records, checkpoint: next };
      if (next.phase === 'forms') at = next;
      else if (at.until >= options.now.getTime()) return;
      else {
        // A run that finished what an older one began goes on to its own end.
        at = openWindow(api, next, options.now);
        forms = await formsFrom(api, at);
      }
    }
  },
});

function openWindow(api: HubspotApi, last: Extract<Cursor, { phase: 'done' }> | undefined, now: Date): Position {
  const until = Math.max(now.getTime(), last?.until ?? 0);
  const since = last === undefined ? 0 : Math.max(0, last.until - lookbackMs(api.config));
  return { v: 1, phase: 'forms', since, until, form: null, after: null };
}

/** The forms that are left, by id, so that a form made meanwhile moves none of the others. */
async function formsFrom(api: HubspotApi, { form }: Position): Promise<readonly Form[]> {
  const found: Form[] = [];
  for (let after: string | undefined; ; ) {
    const page = await api.listForms(after);
    found.push(...page.forms);
    after = page.after;
    if (after === undefined) break;
  }
  const wanted = api.config.forms;
  return found
    .filter(({ id }) => (wanted === undefined || wanted.includes(id)) && (form === null || id >= form))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function readPage(
  api: HubspotApi,
  form: Form,
  at: Position,
  options: ReadOptions,
): Promise<{ readonly records: readonly unknown[]; readonly after: string | undefined }> {
  const page = await api.listSubmissions(form.id, {
    after: at.form === form.id ? (at.after ?? undefined) : undefined,
    limit: Math.min(options.pageSize ?? SUBMISSION_PAGE, SUBMISSION_PAGE),
  });
  if (page === undefined) return { records: [], after: undefined };
  const times = page.results.map((one) => (isJsonObject(one) ? one.submittedAt : undefined));
  const inside = page.results.filter((_, n) => !isOutside(times[n], at));
  const older = times.some((time) => typeof time === 'number' && time < at.since);
  return {
    records: inside.map((one) =>
      isJsonObject(one) ? { ...one, form_id: form.id, form_name: form.name ?? null } : one,
    ),
    after: older ? undefined : page.after,
  };
}

/** What was submitted after the run began belongs to the next; what has no time is for quarantine. */
function isOutside(time: unknown, { since, until }: Position): boolean {
  return typeof time === 'number' && (time < since || time >= until);
}
