import { problems } from './api-error.ts';
import { type Fields, filtered, NAMED, SPAN } from './filter.ts';
import { tiers } from './limiter.ts';
import { pageOf, type Sorting } from './paging.ts';
import { collection, eventResource, metricsOf, profileResource } from './resources.ts';
import type { Route } from './route.ts';
import type { KlaviyoStore, ProfileAttributes, SimEvent, SimProfile } from './store.ts';

const SUPPRESSED_AT = 'subscriptions.email.marketing.suppression.timestamp';

/** As the operation's text lists them (revision 2026-07-15): no "or equal" for `updated`. */
const profileFields: Fields<SimProfile> = {
  id: { operators: NAMED, valuesOf: ({ id }) => [id] },
  email: { operators: NAMED, valuesOf: ({ attributes }) => [attributes.email ?? null] },
  phone_number: { operators: NAMED, valuesOf: ({ attributes }) => [attributes.phone_number ?? null] },
  external_id: { operators: NAMED, valuesOf: ({ attributes }) => [attributes.external_id ?? null] },
  created: { operators: ['greater-than', 'less-than'], valuesOf: ({ created }) => [created] },
  updated: { operators: ['greater-than', 'less-than'], valuesOf: ({ updated }) => [updated] },
  [SUPPRESSED_AT]: { operators: SPAN, valuesOf: ({ suppressions }) => suppressions.map(({ at }) => at) },
};

const profileOrder: Sorting<SimProfile> = {
  id: ({ id }) => id,
  by: {
    id: ({ id }) => id,
    created: ({ created }) => created,
    updated: ({ updated }) => updated,
    email: ({ attributes }) => attributes.email ?? '',
    [SUPPRESSED_AT]: ({ suppressions }) => Math.max(0, ...suppressions.map(({ at }) => at)),
  },
  most: 100,
  usual: 20,
};

const eventFields: Fields<SimEvent> = {
  metric_id: { operators: ['equals'], valuesOf: ({ metric }) => [metric] },
  profile_id: { operators: ['equals'], valuesOf: ({ profile }) => [profile] },
  datetime: { operators: SPAN, valuesOf: ({ at }) => [at] },
};

const eventOrder: Sorting<SimEvent> = {
  id: ({ id }) => id,
  by: { datetime: ({ at }) => at, timestamp: ({ at }) => at },
  most: 200,
  usual: 200,
};

export const profileRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/api\/accounts\/?$/,
    area: 'read',
    scopes: ['accounts:read'],
    tier: tiers.XS,
    run: ({ url }) => ({ status: 200, body: collection([accountResource], url, undefined) }),
  },
  {
    method: 'GET',
    path: /^\/api\/profiles\/?$/,
    area: 'read',
    scopes: ['profiles:read'],
    tier: tiers.L,
    run({ store, url, query }) {
      const found = filtered([...store.profiles.values()], query.get('filter'), profileFields);
      const { rows, next } = pageOf(found, query, profileOrder);
      const data = rows.map((row) => profileResource(row, query));
      return { status: 200, body: collection(data, url, next) };
    },
  },
  {
    method: 'POST',
    path: /^\/api\/profiles\/?$/,
    area: 'write',
    scopes: ['profiles:write'],
    tier: tiers.L,
    run({ store, body, query }) {
      const attributes = attributesIn(body) as ProfileAttributes;
      const same = typeof attributes.email === 'string' ? store.byEmail(attributes.email) : undefined;
      if (same !== undefined) throw problems.duplicate(same.id);
      return { status: 201, body: { data: profileResource(find(store, store.create(attributes)), query) } };
    },
  },
  {
    method: 'PATCH',
    path: /^\/api\/profiles\/([^/]+)\/?$/,
    area: 'write',
    scopes: ['profiles:write'],
    tier: tiers.L,
    run({ store, body, query, part }) {
      find(store, part(1));
      store.update(part(1), attributesIn(body) as ProfileAttributes, { unset: unsetIn(body) });
      return { status: 200, body: { data: profileResource(find(store, part(1)), query) } };
    },
  },
  {
    method: 'GET',
    path: /^\/api\/events\/?$/,
    area: 'read',
    scopes: ['events:read'],
    tier: tiers.XL,
    run({ store, url, query, seenUntil }) {
      const there = store.events.filter(({ receivedAt }) => receivedAt <= seenUntil);
      const { rows, next } = pageOf(filtered(there, query.get('filter'), eventFields), query, eventOrder);
      const included =
        query.get('include')?.split(',').includes('metric') === true ? metricsOf(store, rows) : undefined;
      return { status: 200, body: collection(rows.map(eventResource), url, next, included) };
    },
  },
  {
    method: 'POST',
    path: /^\/api\/profile-subscription-bulk-delete-jobs\/?$/,
    area: 'write',
    scopes: ['lists:write', 'profiles:write', 'subscriptions:write'],
    tier: tiers.L,
    run({ store, body }) {
      const { profiles } = attributesIn(body) as { profiles?: { data?: { attributes?: { email?: string } }[] } };
      for (const { attributes } of profiles?.data ?? []) {
        const profile = store.byEmail(attributes?.email ?? '');
        if (profile !== undefined) store.unsubscribe(profile.id);
      }
      return { status: 202 };
    },
  },
  {
    method: 'POST',
    path: /^\/api\/data-privacy-deletion-jobs\/?$/,
    area: 'write',
    scopes: ['data-privacy:write'],
    tier: tiers.S,
    run({ store, body }) {
      const { profile } = attributesIn(body) as { profile?: { data?: DeletedProfile } };
      const { id, attributes = {} } = profile?.data ?? {};
      const given = [id, attributes.email, attributes.phone_number].filter((one) => one !== undefined);
      if (given.length !== 1)
        throw problems.invalid('Exactly one identifier must be given.', '/data/attributes/profile');
      const found = id ?? store.byEmail(attributes.email ?? '')?.id ?? '';
      // Whether an unknown id is refused is not documented; a job that finds nobody is the milder reading.
      store.forget(found);
      return { status: 202 };
    },
  },
];

interface DeletedProfile {
  readonly id?: string;
  readonly attributes?: { readonly email?: string; readonly phone_number?: string };
}

const accountResource = {
  type: 'account',
  id: 'VXSTFA',
  attributes: {
    test_account: false,
    contact_information: {
      default_sender_name: 'Example',
      default_sender_email: 'news@example.com',
      website_url: null,
      organization_name: 'Example',
      street_address: { address1: null, address2: null, city: null, region: null, country: 'DE', zip: null },
    },
    industry: null,
    timezone: 'Europe/Berlin',
    preferred_currency: 'EUR',
    public_api_key: 'VXSTFA',
    locale: 'en-US',
  },
  links: { self: 'https://a.klaviyo.com/api/accounts/VXSTFA/' },
};

function find({ profiles }: KlaviyoStore, id: string): SimProfile {
  const profile = profiles.get(id);
  if (profile === undefined) throw problems.notFound(`profile with id ${id}`);
  return profile;
}

/** `meta.patch_properties.unset`: a name, or several. */
function unsetIn(body: unknown): readonly string[] {
  const { data } = (body ?? {}) as { data?: { meta?: { patch_properties?: { unset?: string | readonly string[] } } } };
  return [data?.meta?.patch_properties?.unset ?? []].flat();
}

function attributesIn(body: unknown): object {
  const { data } = (body ?? {}) as { data?: { attributes?: object } };
  if (data?.attributes === undefined) throw problems.invalid('attributes is a required field', '/data/attributes');
  return data.attributes;
}
