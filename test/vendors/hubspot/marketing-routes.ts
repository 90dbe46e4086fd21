import { problems } from './api-error.ts';
import { batch } from './object-routes.ts';
import type { Answer, Call, Route } from './route.ts';

export const marketingRoutes: readonly Route[] = [
  { method: 'GET', path: /^\/marketing\/v3\/forms\/?$/, area: 'read', scope: () => 'forms', run: listForms },
  {
    method: 'GET',
    path: /^\/form-integrations\/v1\/submissions\/forms\/([^/]+)$/,
    area: 'read',
    scope: () => 'forms',
    run: listSubmissions,
  },
  { method: 'GET', path: /^\/email\/public\/v1\/events$/, area: 'read', scope: () => 'content', run: listEvents },
  {
    method: 'POST',
    path: /^\/communication-preferences\/v4\/statuses\/batch\/read$/,
    area: 'read',
    scope: () => 'communication_preferences.statuses.batch.read',
    run: readSubscriptions,
  },
  {
    method: 'GET',
    path: /^\/account-info\/v3\/details$/,
    area: 'other',
    run: ({ portalId }) => ({
      status: 200,
      body: {
        portalId,
        accountType: 'STANDARD',
        timeZone: 'Europe/Berlin',
        companyCurrency: 'EUR',
        additionalCurrencies: [],
        utcOffset: '+01:00',
        utcOffsetMilliseconds: 3_600_000,
        uiDomain: 'app-eu1.hubspot.com',
        dataHostingLocation: 'eu1',
      },
    }),
  },
];

function listForms({ marketing, query }: Call): Answer {
  const limit = Number(query.get('limit') ?? 20);
  const start = Number(query.get('after') ?? 0);
  const results = marketing.forms
    .slice(start, start + limit)
    .map((form) => ({ ...form, formType: 'hubspot', archived: false }));
  const end = start + results.length;
  const next = end < marketing.forms.length ? { paging: { next: { after: String(end) } } } : {};
  return { status: 200, body: { results, ...next } };
}

/** Newest first, 50 at most; the page token names a submission, so that new ones move nobody (its form is not documented). */
function listSubmissions({ marketing, part, query }: Call): Answer {
  const all = marketing.submissionsOf(part(1));
  if (all === undefined) throw problems.notFound('form not found');
  const limit = Number(query.get('limit') ?? 20);
  if (!(limit >= 1 && limit <= 50)) throw problems.invalid('limit must be between 1 and 50');
  const newest = [...all].reverse().sort((a, b) => b.submittedAt - a.submittedAt);
  const after = query.get('after');
  const start = after === null ? 0 : newest.findIndex(({ conversionId }) => conversionId === after) + 1;
  const results = newest.slice(start, start + limit);
  const last = results.at(-1)?.conversionId;
  const more = start + results.length < newest.length && last !== undefined;
  return {
    status: 200,
    body: { results, ...(more ? { paging: { next: { after: last, link: `?after=${last}` } } } : {}) },
  };
}

function listEvents({ marketing, query }: Call): Answer {
  const limit = Math.min(Number(query.get('limit') ?? 10), 1_000);
  const since = Number(query.get('startTimestamp') ?? 0);
  const until = Number(query.get('endTimestamp') ?? Number.POSITIVE_INFINITY);
  const token = query.get('offset');
  const start = token === null ? 0 : Number(Buffer.from(token, 'base64url').toString('utf8'));
  const matching = marketing.events.filter(({ created }) => created >= since && created < until);
  const events = matching.slice(start, start + limit);
  const end = start + events.length;
  return {
    status: 200,
    body: { events, hasMore: end < matching.length, offset: Buffer.from(String(end)).toString('base64url') },
  };
}

function readSubscriptions(call: Call): Answer {
  const { inputs = [] } = (call.body ?? {}) as { inputs?: readonly string[] };
  if (call.query.get('channel') !== 'EMAIL') throw problems.invalid('channel is required');
  const results = inputs.map((address) => {
    // Whoever has left everything has left each of them.
    const left = call.store.byEmail(address)?.properties.hs_email_optout === 'true';
    const statuses = call.marketing.subscriptionsOf(address).map(({ id, status, at }) => ({
      channel: 'EMAIL',
      source: 'Form submission',
      status: left ? 'UNSUBSCRIBED' : status,
      subscriberIdString: address,
      subscriptionId: id,
      subscriptionName: `Subscription ${id}`,
      timestamp: new Date(at).toISOString(),
    }));
    return { subscriberIdString: address, statuses };
  });
  return { status: 200, body: batch(call, results) };
}
