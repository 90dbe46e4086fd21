import { problems } from './api-error.ts';
import { exportLine, iso } from './contact-routes.ts';
import type { Answer, Call, Route } from './route.ts';

/** Contacts of one file; the vendor counts megabytes, of which a test has none. */
const FILE_LINES = 8;
const KEPT_MS = 3 * 86_400_000;

export const exportRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: /^\/v3\/marketing\/contacts\/exports$/,
    area: 'read',
    scope: 'marketing',
    run: start,
  },
  {
    method: 'GET',
    path: /^\/v3\/marketing\/contacts\/exports\/([^/]+)$/,
    area: 'read',
    scope: 'marketing',
    run: look,
  },
];

function start({ store, jobs, body, origin }: Call): Answer {
  const asked = (body ?? {}) as { list_ids?: unknown; file_type?: unknown };
  if (asked.file_type !== 'json') throw problems.invalid('this account exports json only', 'file_type');
  const lists = Array.isArray(asked.list_ids) ? asked.list_ids.map(String) : undefined;
  if (lists?.every((id) => store.lists.has(id)) === false) throw problems.notFound('list');
  const chosen = [...store.contacts.values()].filter(
    (one) => lists === undefined || lists.some((id) => one.lists.has(id)),
  );
  // Not valid JSON as a whole: one object a line, and no comma between them (sendgrid-csharp#1024).
  const lines = chosen.map((one) => `${JSON.stringify(exportLine(one))}\n`);
  const files: string[] = [];
  for (let from = 0; from < lines.length; from += FILE_LINES) files.push(lines.slice(from, from + FILE_LINES).join(''));
  const { id } = jobs.export(files, lines.length);
  return { status: 202, body: { id, _metadata: { self: `${origin}/v3/marketing/contacts/exports/${id}` } } };
}

function look({ jobs, faults, part, origin }: Call): Answer {
  const job = jobs.exports.get(part(1));
  if (job === undefined) throw problems.notFound('export');
  job.looks += 1;
  if (job.status === 'pending' && faults.takeNamed('failed-export')) job.status = 'failure';
  else if (job.status === 'pending' && job.looks >= job.readyAt) job.status = 'ready';
  const { id, status, createdAt } = job;
  const ready = {
    completed_at: iso(createdAt),
    urls: job.files.map((_, file) => `${origin}/files/${id}/${file}.json.gz?X-Amz-Signature=simulated`),
    contact_count: job.count,
  };
  return {
    status: 200,
    body: {
      id,
      status,
      created_at: iso(createdAt),
      updated_at: iso(createdAt),
      expires_at: iso(createdAt + KEPT_MS),
      _metadata: { self: `${origin}/v3/marketing/contacts/exports/${id}` },
      ...(status === 'ready' ? ready : {}),
      ...(status === 'failure' ? { message: 'the export failed' } : {}),
    },
  };
}
