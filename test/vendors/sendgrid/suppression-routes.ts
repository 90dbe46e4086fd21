import { problems } from './api-error.ts';
import type { Route } from './route.ts';
import { type SimSuppression, SUPPRESSIONS, type SuppressionName } from './store.ts';

const MOST_LISTED = 500;

/** Details that a list of suppressions has beside the address. */
const details: Partial<Readonly<Record<SuppressionName, object>>> = {
  bounces: { reason: '550 5.1.1 The email account that you tried to reach does not exist', status: '5.1.1' },
  blocks: { reason: '421 4.7.0 Try again later', status: '4.7.0' },
  spam_reports: { ip: '192.0.2.1' },
};

export const suppressionRoutes: readonly Route[] = SUPPRESSIONS.map((name) => ({
  method: 'GET',
  path: new RegExp(`^/v3/suppression/${name}$`),
  area: 'read',
  scope: 'suppression',
  run({ store, query }) {
    const limit = Number(query.get('limit') ?? MOST_LISTED);
    if (!(limit >= 1 && limit <= MOST_LISTED)) throw problems.invalid('limit is out of range', 'limit');
    const from = Number(query.get('start_time') ?? 0);
    const to = Number(query.get('end_time') ?? Number.MAX_SAFE_INTEGER);
    const offset = Number(query.get('offset') ?? 0);
    // Both ends are included. Newest first; the vendor promises no order.
    const found = [...store.suppressed(name)].reverse().filter((one) => isWithin(one, from, to));
    const body = found.slice(offset, offset + limit).map((one) => ({ ...one, ...details[name] }));
    return { status: 200, body };
  },
}));

/** What cannot be read has no time; it is shown to whoever asks for the day on which the account was made. */
function isWithin({ created }: SimSuppression, from: number, to: number): boolean {
  const at = Number(created);
  return Number.isNaN(at) ? from <= MADE && to >= MADE : at >= from && at <= to;
}

const MADE = Date.parse('2026-11-01T00:00:00Z') / 1_000;
