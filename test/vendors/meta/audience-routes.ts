import type { Received, Row, SimAudience } from './audiences.ts';
import { problems } from './graph-error.ts';
import { pageOf } from './paging.ts';
import type { Call, Route } from './route.ts';

/** Most rows of one request (reference of custom-audience/users). */
const MOST_ROWS = 10_000;

const permissions = ['ads_management'];

export const audienceRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/act_(\d+)\/customaudiences$/,
    area: 'read',
    permissions,
    run(call) {
      ownAccount(call);
      // Newest first, as lists of the Marketing API mostly are.
      const rows = [...call.audiences.all.values()].reverse();
      return pageOf(rows, call, { most: 500, usual: 25, show: ({ id, name }) => ({ id, name }) });
    },
  },
  {
    method: 'POST',
    path: /^\/act_(\d+)\/customaudiences$/,
    area: 'write',
    permissions,
    run(call) {
      ownAccount(call);
      const { name, subtype, customer_file_source: source } = call.params;
      if (typeof name !== 'string' || name === '') throw problems.parameter('The parameter name is required');
      if (subtype !== 'CUSTOM') throw problems.parameter('The parameter subtype is required');
      if (typeof source !== 'string') throw problems.parameter('The parameter customer_file_source is required');
      return { id: call.audiences.create(name).id };
    },
  },
  {
    method: 'POST',
    path: /^\/(\d+)\/users$/,
    area: 'write',
    permissions,
    run: (call) => changed(call, (audience, rows) => call.audiences.add(audience, rows)),
  },
  {
    method: 'DELETE',
    path: /^\/(\d+)\/users$/,
    area: 'write',
    permissions,
    run: (call) => changed(call, (audience, rows) => call.audiences.remove(audience, rows)),
  },
];

function ownAccount({ audiences, part }: Call): void {
  if (part(1) !== audiences.account) {
    throw problems.permission('Ad account owner has NOT grant ads_management or ads_read permission');
  }
}

function changed(call: Call, change: (audience: SimAudience, rows: readonly Row[]) => Received): object {
  const audience = call.audiences.all.get(call.part(1));
  if (audience === undefined) throw problems.notFound(call.part(1));
  if (audience.blocked) throw problems.blocked();
  const all = rowsIn(call.params.payload);
  if (all.length > MOST_ROWS) throw problems.unknown();
  const rows = call.fault === 'lost-row' ? all.slice(1) : all;
  const { received, invalid } = change(audience, rows);
  return {
    audience_id: audience.id,
    session_id: String(9_778_993 + received),
    num_received: received,
    num_invalid_entries: call.fault === 'invalid-row' ? invalid + 1 : invalid,
    invalid_entry_samples: {},
  };
}

/** A payload is an object, or the same as JSON text in a form or a query. Without one nothing is changed. */
function rowsIn(payload: unknown): readonly Row[] {
  if (payload === undefined) throw problems.parameter('The parameter payload is required');
  const { schema, data } = (typeof payload === 'string' ? JSON.parse(payload) : payload) as {
    schema?: string | readonly string[];
    data?: readonly (string | readonly string[])[];
  };
  if (schema === undefined || !Array.isArray(data))
    throw problems.parameter('Data is missing or does not match schema');
  const keys = typeof schema === 'string' ? [schema] : schema;
  return data.map((row: string | readonly string[]) => {
    const values = typeof row === 'string' ? [row] : row;
    if (values.length !== keys.length) throw problems.parameter('Data is missing or does not match schema');
    const given = keys.map((key, at) => [key, values[at] ?? ''] as const).filter(([, value]) => value !== '');
    return Object.fromEntries(given);
  });
}
