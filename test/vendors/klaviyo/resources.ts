import type { SimList } from './lists.ts';
import type { Consent, KlaviyoStore, SimEvent, SimProfile } from './store.ts';

/** JSON:API resources as the account answers them. */

const HOST = 'https://a.klaviyo.com';
const EMPTY_LOCATION = {
  address1: null,
  address2: null,
  city: null,
  country: null,
  latitude: null,
  longitude: null,
  region: null,
  zip: null,
  timezone: null,
  ip: null,
};

/** As recorded: no milliseconds, an offset in place of Z. */
export function instant(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString().replace(/\.\d+Z$/, '+00:00');
}

export function profileResource(profile: SimProfile, query: URLSearchParams, joinedAt?: number): object {
  const { id, attributes, damage } = profile;
  const path = `${HOST}/api/profiles/${id}`;
  const related = (name: string) => ({
    links: { self: `${path}/relationships/${name}/`, related: `${path}/${name}/` },
  });
  const whole = {
    email: null,
    phone_number: null,
    external_id: null,
    anonymous_id: null,
    first_name: null,
    last_name: null,
    organization: null,
    locale: null,
    title: null,
    image: null,
    ...attributes,
    created: instant(profile.created),
    updated: instant(profile.updated),
    last_event_date: instant(profile.lastEvent),
    location: { ...EMPTY_LOCATION, ...attributes.location },
    properties: attributes.properties ?? {},
    ...(joinedAt === undefined ? {} : { joined_group_at: instant(joinedAt) }),
    ...damage,
  };
  const asked = query.get('fields[profile]')?.split(',');
  const shown = asked === undefined ? whole : pick(whole, asked);
  const more = (query.get('additional-fields[profile]') ?? '').split(',').includes('subscriptions')
    ? { subscriptions: subscriptionsOf(profile) }
    : {};
  return {
    type: 'profile',
    id,
    attributes: { ...shown, ...more },
    relationships: { lists: related('lists'), segments: related('segments') },
    links: { self: `${path}/` },
  };
}

function subscriptionsOf({ email, sms, suppressions, attributes }: SimProfile): object {
  return {
    email: {
      marketing: {
        can_receive_email_marketing: typeof attributes.email === 'string' && suppressions.length === 0,
        ...consentOf(email),
        custom_method_detail: null,
        double_optin: email.doubleOptin ?? null,
        suppression: suppressions.map(({ reason, at }) => ({ reason, timestamp: instant(at) })),
        list_suppressions: [],
        last_updated: instant(Math.max(email.at ?? 0, ...suppressions.map(({ at }) => at)) || undefined),
      },
    },
    sms: {
      marketing: {
        can_receive_sms_marketing: sms.consent === 'SUBSCRIBED',
        ...consentOf(sms),
        last_updated: instant(sms.at),
      },
    },
  };
}

function consentOf({ consent, at }: Consent): object {
  const method = consent === 'SUBSCRIBED' ? 'FORM' : consent === 'UNSUBSCRIBED' ? 'PREFERENCE_PAGE' : null;
  return { consent, consent_timestamp: instant(at), method, method_detail: null };
}

export function eventResource({ id, at, properties, profile, metric, damage }: SimEvent): object {
  const path = `${HOST}/api/events/${id}`;
  const related = (name: string, own: string) => ({
    data: { type: name, id: own },
    links: { self: `${path}/relationships/${name}/`, related: `${path}/${name}/` },
  });
  return {
    type: 'event',
    id,
    attributes: {
      timestamp: at / 1_000,
      event_properties: properties,
      datetime: instant(at),
      uuid: `b2983780-75d5-11f1-8001-${id.slice(-12).toLowerCase().padStart(12, '0')}`,
      ...damage,
    },
    relationships: { profile: related('profile', profile), metric: related('metric', metric) },
    links: { self: `${path}/` },
  };
}

export function metricResource(name: string, id: string): object {
  return {
    type: 'metric',
    id,
    attributes: { name, created: '2026-01-01T00:00:00+00:00', updated: '2026-01-01T00:00:00+00:00', integration: null },
    links: { self: `${HOST}/api/metrics/${id}/` },
  };
}

export function listResource({ id, name, created }: SimList): object {
  const at = new Date(created).toISOString().replace('Z', '000+00:00');
  return {
    type: 'list',
    id,
    attributes: { name, created: at, updated: at, opt_in_process: 'single_opt_in' },
    links: { self: `${HOST}/api/lists/${id}/` },
  };
}

/** Metrics that a page of events names, once each. */
export function metricsOf({ metrics }: KlaviyoStore, events: readonly SimEvent[]): object[] {
  const wanted = new Set(events.map(({ metric }) => metric));
  return [...metrics].filter(([, id]) => wanted.has(id)).map(([name, id]) => metricResource(name, id));
}

/** A page with its links; the next one is null at the end, and holds what was asked for. */
export function collection(data: readonly object[], url: URL, next: string | undefined, included?: object[]): object {
  const link = (cursor: string | undefined): string => {
    const to = new URL(url.pathname, HOST);
    for (const [name, value] of url.searchParams) if (name !== 'page[cursor]') to.searchParams.append(name, value);
    if (cursor !== undefined) to.searchParams.append('page[cursor]', cursor);
    return to.href;
  };
  return {
    data,
    ...(included === undefined ? {} : { included }),
    links: { self: link(undefined), next: next === undefined ? null : link(next), prev: null },
  };
}

function pick(whole: Readonly<Record<string, unknown>>, names: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(whole).filter(([name]) => names.includes(name)));
}
