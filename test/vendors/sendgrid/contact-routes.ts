import { isAddress, problems } from './api-error.ts';
import type { Answer, Call, Route } from './route.ts';
import { matching } from './sgql.ts';
import type { ContactFields, SimContact } from './store.ts';

const MOST_UPSERTED = 30_000;
const MOST_SEARCHED = 50;
const MOST_LOOKED_UP = 100;
/** A common limit of servers; the vendor states none. */
const LONGEST_QUERY = 8_000;

export const contactRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/v3\/marketing\/contacts\/count$/,
    area: 'read',
    scope: 'marketing',
    run: ({ store }) => ({ status: 200, body: { contact_count: store.contacts.size } }),
  },
  {
    method: 'PUT',
    path: /^\/v3\/marketing\/contacts$/,
    area: 'write',
    scope: 'marketing',
    run: upsert,
  },
  {
    method: 'DELETE',
    path: /^\/v3\/marketing\/contacts$/,
    area: 'write',
    scope: 'marketing',
    run({ jobs, query }) {
      const ids = idsIn(query.get('ids'), "either 'ids' OR 'delete_all_contacts' should be supplied as query param");
      return { status: 202, body: { job_id: jobs.delete(ids) } };
    },
  },
  {
    method: 'POST',
    path: /^\/v3\/marketing\/contacts\/search$/,
    area: 'read',
    scope: 'marketing',
    run({ store, body, faults, origin }) {
      if (faults.takeNamed('slow-search')) throw problems.tooSlow();
      const found = [...store.contacts.values()].filter(matching((body as { query?: unknown } | undefined)?.query));
      // In no order that is promised.
      const shown = [...found].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, MOST_SEARCHED);
      return {
        status: 200,
        body: {
          result: shown.map((one) => contactBody(one, origin)),
          contact_count: found.length,
          _metadata: { self: `${origin}/v3/marketing/contacts/search` },
        },
      };
    },
  },
  {
    method: 'POST',
    path: /^\/v3\/marketing\/contacts\/batch$/,
    area: 'read',
    scope: 'marketing',
    run({ store, body, origin }) {
      const ids = textsIn((body as { ids?: unknown } | undefined)?.ids, 'ids');
      const found = ids.flatMap((id) => store.contacts.get(id) ?? []);
      return { status: 200, body: { result: found.map((one) => contactBody(one, origin)) } };
    },
  },
  {
    method: 'POST',
    path: /^\/v3\/marketing\/contacts\/search\/emails$/,
    area: 'read',
    scope: 'marketing',
    run: searchEmails,
  },
  {
    method: 'GET',
    path: /^\/v3\/marketing\/contacts\/imports\/([^/]+)$/,
    area: 'read',
    scope: 'marketing',
    run({ jobs, part }) {
      const job = jobs.upserts.get(part(1));
      if (job === undefined) throw problems.notFound('job');
      const results = {
        requested_count: job.contacts.length,
        created_count: job.created,
        updated_count: job.updated,
        errored_count: job.errored,
      };
      const done = job.status === 'pending' ? {} : { results, finished_at: iso(job.due) };
      return {
        status: 200,
        body: { id: job.id, status: job.status, job_type: 'upsert', started_at: iso(job.startedAt), ...done },
      };
    },
  },
];

/** One contact that is none refuses the whole call (recorded). */
function upsert({ store, jobs, body }: Call): Answer {
  const { contacts, list_ids: lists = [] } = (body ?? {}) as { contacts?: unknown; list_ids?: unknown };
  if (!Array.isArray(contacts) || contacts.length === 0 || contacts.length > MOST_UPSERTED) {
    throw problems.invalid(`expected 1 to ${MOST_UPSERTED} contacts`, 'contacts');
  }
  for (const [index, one] of contacts.entries()) {
    const { email } = one as { email?: unknown };
    if (!isAddress(email)) throw problems.badAddress(index, String(email));
  }
  if (!Array.isArray(lists) || !lists.every((id) => store.lists.has(String(id)))) {
    throw problems.invalid('invalid list ids', 'list_ids');
  }
  return { status: 202, body: { job_id: jobs.upsert(contacts as ContactFields[], lists.map(String)) } };
}

function searchEmails({ store, body, origin }: Call): Answer {
  const emails = textsIn((body as { emails?: unknown } | undefined)?.emails, 'emails');
  if (!emails.every(isAddress)) throw problems.invalid('invalid email address', 'emails');
  const asked = emails.map((email) => email.toLowerCase());
  const found = asked.map((email) => [email, store.byEmail(email)] as const);
  if (found.every(([, one]) => one === undefined)) throw problems.notFound('contact');
  const result = found.map(([email, one]) => [
    email,
    one === undefined ? { error: 'contact not found' } : { contact: contactBody(one, origin) },
  ]);
  return { status: 200, body: { result: Object.fromEntries(result) } };
}

function contactBody({ id, created, updated, fields, lists, damage }: SimContact, origin: string): object {
  return {
    address_line_1: '',
    address_line_2: '',
    alternate_emails: fields.alternate_emails ?? null,
    city: fields.city ?? '',
    country: fields.country ?? '',
    email: fields.email ?? '',
    first_name: fields.first_name ?? '',
    id,
    last_name: fields.last_name ?? '',
    list_ids: [...lists],
    segment_ids: [],
    postal_code: '',
    state_province_region: '',
    phone_number: fields.phone_number ?? '',
    phone_number_id: fields.phone_number_id ?? '',
    external_id: fields.external_id ?? '',
    whatsapp: '',
    line: '',
    facebook: '',
    unique_name: '',
    _metadata: { self: `${origin}/v3/marketing/contacts/${id}` },
    custom_fields: fields.custom_fields ?? {},
    created_at: iso(created),
    // Recorded with nanoseconds.
    updated_at: new Date(updated).toISOString().replace('Z', '902638Z'),
    ...damage,
  };
}

/** A line of an export: the id has another name, and what is empty is left out (sendgrid-csharp#1024). */
export function exportLine({ id, created, updated, fields, damage }: SimContact): object {
  return {
    contact_id: id,
    created_at: iso(created),
    custom_fields: fields.custom_fields ?? {},
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== '')),
    updated_at: iso(updated),
    ...damage,
  };
}

export function iso(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

function textsIn(given: unknown, field: string): string[] {
  const isFair = Array.isArray(given) && given.length > 0 && given.length <= MOST_LOOKED_UP;
  if (!isFair) throw problems.invalid(`expected 1 to ${MOST_LOOKED_UP} ${field}`, field);
  return given.map(String);
}

export function idsIn(given: string | null, otherwise: string): string[] {
  const ids = (given ?? '').split(',').filter((id) => id !== '');
  if (ids.length === 0) throw problems.invalid(otherwise);
  if ((given ?? '').length > LONGEST_QUERY) throw problems.invalid('the request line is too long');
  return ids;
}
