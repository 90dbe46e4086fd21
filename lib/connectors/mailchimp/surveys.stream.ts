import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import { type Milliseconds, parseInstant } from '../../domain/instant.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { ReadOptions, Schema } from '../contract.ts';
import { defineStream } from '../define.ts';
import { actId } from './act-id.ts';
import type { MailchimpClient } from './client.ts';
import type { Survey } from './surveys.ts';

/** Reports lag behind: responses up to this much older than the last run's end are read again. */
const OVERLAP_MS = 60 * 60 * 1000;

/** Each response takes a request of its own, so that a page is half a minute's work at most. */
const PAGE = 50;

const mapping: Mapping = {
  version: 1,
  object: 'member',
  subject: 'person',
  by: 'person',
  // Whoever is no contact stays unknown: the response then is a record of its own.
  id: ['contact.email_id', 'response_id'],
  at: ['submitted_at'],
  identifiers: [
    { type: 'email', from: 'contact.email' },
    { type: 'mailchimp.member_id', from: 'contact.email_id' },
  ],
  activity: {
    id: ['id'],
    name: 'Form Submitted',
    properties: {
      survey_id: { from: 'survey_id', as: 'string' },
      survey: { from: 'survey_title', as: 'string' },
      answers: { from: 'answers' },
      questions: { from: 'questions' },
    },
  },
};

const told = z.object({
  question_id: z.string().min(1),
  question_type: z.string(),
  query: z.string().optional(),
  answer: z.string().nullish(),
});

const contact = z
  .object({ email_id: z.string().optional(), email: z.string().optional() })
  .transform(({ email_id, email }) => ({ email_id: email_id || undefined, email: email || undefined }))
  .refine(({ email_id }) => email_id === undefined || /^[0-9a-f]{32}$/.test(email_id), {
    path: ['email_id'],
    error: 'expected an MD5',
  })
  .refine(({ email_id, email }) => email === undefined || email_id !== undefined, {
    path: ['email_id'],
    error: 'expected one beside the address',
  });

/** A response with its survey. Answers go by the question's id; an address that was asked for is the contact's already. */
const record = z
  .object({
    id: z.string(),
    response_id: z.string().min(1),
    survey_id: z.string(),
    survey_title: z.string().optional(),
    submitted_at: z.string(),
    contact: contact.nullish(),
    results: z.array(told),
  })
  .transform(({ results, ...response }) => {
    const answered = results.filter(({ question_type: type, answer }) => type !== 'email' && answer);
    return {
      ...response,
      answers: Object.fromEntries(answered.map((one) => [one.question_id, answerOf(one)])),
      questions: Object.fromEntries(answered.map(({ question_id, query }) => [question_id, query ?? ''])),
    };
  }) as unknown as Schema<JsonObject>;

const instant = z.int();

/** Either the end of the last complete run, or the last response that was read, by survey and then by time. */
const cursor = z.union([
  z.strictObject({ v: z.literal(1), pass: z.literal('done'), until: instant }),
  z.strictObject({
    v: z.literal(1),
    pass: z.literal('surveys'),
    since: instant.nullable(),
    until: instant,
    last: z.strictObject({ survey: z.string(), at: instant, id: z.string() }).nullable(),
  }),
]);

type Cursor = z.infer<typeof cursor>;
type Position = Exclude<Cursor, { pass: 'done' }>;

/** A response as its survey lists it: without answers. What has no time or no id stands first and is for quarantine. */
interface Row {
  readonly at: Milliseconds;
  readonly id: string;
}

/** What people answered in the surveys of the list, one record for each response. */
export const surveys = defineStream<MailchimpClient, JsonObject, Cursor>({
  name: 'surveys',
  record,
  cursor,
  mappings: { response: mapping },
  async *read(api, from, options) {
    const start = begin(from, options.now.getTime());
    if (options.signal.aborted) return;
    const size = Math.min(options.pageSize ?? PAGE, PAGE);
    for (const survey of await surveysFrom(api, start)) {
      if (options.signal.aborted) return;
      const { items, total } = await api.listSurveyResponses(survey.id);
      const rows = rowsLeft(items, survey, start);
      for (let offset = 0; offset < rows.length; ) {
        const some = await readSome(api, survey, rows.slice(offset, offset + size), options);
        const last = rows[offset + some.length - 1];
        if (last === undefined || some.length === 0) return;
        offset += some.length;
        const records = some.flatMap((one) => one ?? []);
        yield { mapping: 'response', records, checkpoint: { ...start, last: { survey: survey.id, ...last } } };
      }
      if (items.length < total) throw responsesMissing(survey, items.length, total);
    }
    yield { mapping: 'response', records: [], checkpoint: { v: 1, pass: 'done', until: start.until } };
  },
});

function begin(from: Cursor | undefined, now: Milliseconds): Position {
  if (from !== undefined && from.pass !== 'done') return from;
  const since = from === undefined ? null : from.until - OVERLAP_MS;
  return { v: 1, pass: 'surveys', since, until: Math.max(now, from?.until ?? 0), last: null };
}

/** The list's surveys that somebody answered, by id, without those before the position. */
async function surveysFrom(api: MailchimpClient, { last }: Position): Promise<readonly Survey[]> {
  const found: Survey[] = [];
  for (let offset = 0, more = true; more; ) {
    const page = await api.listSurveys(offset);
    found.push(...page.surveys);
    offset += page.held;
    more = page.held > 0 && offset < page.total;
  }
  return found
    .filter(({ id, total_responses: answers }) => answers > 0 && (last === null || id >= last.survey))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Responses cannot be asked for by time: what was told in an earlier run, or before the position, is left out here. */
function rowsLeft(items: readonly unknown[], survey: Survey, { since, last }: Position): readonly Row[] {
  return items
    .map((item): Row => {
      const { response_id: id, submitted_at: at } = isJsonObject(item) ? item : {};
      return { at: parseInstant(at) ?? 0, id: typeof id === 'string' ? id : '' };
    })
    .filter((row) => since === null || row.at === 0 || row.at >= since)
    .filter((row) => last?.survey !== survey.id || byTime(row, last) > 0)
    .sort(byTime);
}

function byTime(a: Row, b: Row): number {
  return a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** The records of rows in their order, undefined where a response is gone; fewer than the rows when the run has to end. */
async function readSome(
  api: MailchimpClient,
  survey: Survey,
  rows: readonly Row[],
  { signal }: ReadOptions,
): Promise<readonly unknown[]> {
  const records: unknown[] = [];
  for (const { id } of rows) {
    if (signal.aborted) break;
    const response = id === '' ? {} : await api.getSurveyResponse(survey.id, id);
    records.push(response === undefined ? undefined : recordOf(response, survey));
  }
  return records;
}

/** What is read of a response, with its survey: a contact's name, picture and phone stay where they are. */
function recordOf({ response_id, submitted_at, contact: by, results }: Readonly<Record<string, unknown>>, of: Survey) {
  return {
    id: actId([of.id, response_id]),
    survey_id: of.id,
    survey_title: of.title,
    response_id,
    submitted_at,
    ...(isJsonObject(by) ? { contact: { email_id: by.email_id, email: by.email } } : {}),
    results,
  };
}

/** The answer to one question: of a scale its number, of all others the text. */
function answerOf({ question_type, answer }: z.infer<typeof told>): string | number {
  const text = answer ?? '';
  const number = Number(text);
  return question_type === 'range' && text.trim() !== '' && Number.isFinite(number) ? number : text;
}

function responsesMissing({ id }: Survey, held: number, total: number): TributaryError {
  return new TributaryError(
    'defect',
    'mailchimp/responses-missing',
    `mailchimp gave ${held} of the ${total} responses to survey ${id}, and its API has no way to ask for the others`,
  );
}
