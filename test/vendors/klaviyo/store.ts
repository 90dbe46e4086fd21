import { createLists, type Lists } from './lists.ts';

export interface ProfileAttributes {
  readonly email?: string | null;
  readonly phone_number?: string | null;
  readonly external_id?: string | null;
  readonly first_name?: string | null;
  readonly last_name?: string | null;
  readonly organization?: string | null;
  readonly locale?: string | null;
  readonly title?: string | null;
  readonly location?: Readonly<Record<string, string | number | null>>;
  readonly properties?: Readonly<Record<string, unknown>>;
}

export interface Consent {
  readonly consent: 'SUBSCRIBED' | 'UNSUBSCRIBED' | 'NEVER_SUBSCRIBED';
  readonly at: number | undefined;
  readonly doubleOptin?: boolean;
}

export interface Suppression {
  readonly reason: 'HARD_BOUNCE' | 'INVALID_EMAIL' | 'SPAM_COMPLAINT' | 'UNSUBSCRIBE' | 'USER_SUPPRESSED';
  readonly at: number;
}

export interface SimProfile {
  readonly id: string;
  readonly created: number;
  attributes: ProfileAttributes;
  updated: number;
  lastEvent: number | undefined;
  email: Consent;
  sms: Consent;
  suppressions: readonly Suppression[];
  /** What answers hold in place of the real attributes: a record that nobody can read. */
  damage: Readonly<Record<string, unknown>> | undefined;
}

export interface SimEvent {
  readonly id: string;
  readonly profile: string;
  readonly metric: string;
  readonly at: number;
  readonly receivedAt: number;
  readonly properties: Readonly<Record<string, unknown>>;
  damage: Readonly<Record<string, unknown>> | undefined;
}

export interface When {
  readonly at?: Date;
}

/** What people do in the account. */
export interface KlaviyoStore {
  readonly lists: Lists;
  readonly profiles: ReadonlyMap<string, SimProfile>;
  /** Metric ids by name, and events as they came. */
  readonly metrics: ReadonlyMap<string, string>;
  readonly events: readonly SimEvent[];
  byEmail(address: string): SimProfile | undefined;
  create(attributes: ProfileAttributes, when?: When): string;
  /** Properties that are not named stay; `unset` takes some away. */
  update(id: string, attributes: ProfileAttributes, options?: When & { readonly unset?: readonly string[] }): void;
  subscribe(id: string, options?: When & { readonly doubleOptin?: boolean; readonly channel?: 'email' | 'sms' }): void;
  /** `quietly`: `updated` stays as it is, since nobody promises that it moves. */
  unsubscribe(id: string, options?: When & { readonly quietly?: boolean; readonly channel?: 'email' | 'sms' }): void;
  suppress(id: string, reason: Suppression['reason'], when?: When): void;
  track(profile: string, metric: string, properties?: SimEvent['properties'], when?: When & ReceivedLate): string;
  /** The second becomes the first; its id is no more. */
  merge(kept: string, other: string): void;
  /** A deletion job; false when there is no such profile. Carried out after the account's lag. */
  forget(id: string): boolean;
  damage(id: string, attributes: Readonly<Record<string, unknown>>): void;
  damageEvent(id: string, attributes: Readonly<Record<string, unknown>>): void;
  whenTracked(listener: (event: SimEvent) => void): void;
}

interface ReceivedLate {
  readonly receivedAt?: Date;
}

const NEVER: Consent = { consent: 'NEVER_SUBSCRIBED', at: undefined };

export function createStore(now: () => Date, deletionLagMs: number): KlaviyoStore {
  const profiles = new Map<string, SimProfile>();
  const metrics = new Map<string, string>();
  const events: SimEvent[] = [];
  const dying = new Map<string, number>();
  const listeners: ((event: SimEvent) => void)[] = [];
  const lists = createLists(now);
  let lastId = 0;

  const nextId = (prefix: string, length: number): string => {
    lastId += 1;
    return (
      prefix +
      lastId
        .toString(32)
        .toUpperCase()
        .padStart(length - prefix.length, '0')
    );
  };
  const get = (id: string): SimProfile => {
    const profile = profiles.get(id);
    if (profile === undefined) throw new Error(`the simulator has no profile ${id}`);
    return profile;
  };
  const stamp = (profile: SimProfile, at: number): void => {
    profile.updated = Math.max(profile.updated, Math.floor(at / 1_000) * 1_000);
  };
  const remove = (id: string): void => {
    profiles.delete(id);
    lists.forgetProfile(id);
  };
  /** Deletions whose time has come. */
  const bury = (): void => {
    for (const [id, due] of dying) {
      if (due > now().getTime()) continue;
      dying.delete(id);
      remove(id);
      for (let index = events.length - 1; index >= 0; index -= 1)
        if (events[index]?.profile === id) events.splice(index, 1);
    }
  };

  const store: KlaviyoStore = {
    lists,
    get profiles() {
      bury();
      return profiles;
    },
    metrics,
    events,
    byEmail: (address) => {
      const wanted = address.trim().toLowerCase();
      return [...store.profiles.values()].find(({ attributes }) => attributes.email === wanted);
    },
    create(attributes, { at = now() } = {}) {
      const id = nextId('01KW', 26);
      const created = Math.floor(at.getTime() / 1_000) * 1_000;
      profiles.set(id, {
        id,
        created,
        attributes: lowered(attributes),
        updated: created,
        lastEvent: undefined,
        email: NEVER,
        sms: NEVER,
        suppressions: [],
        damage: undefined,
      });
      return id;
    },
    update(id, attributes, { at = now(), unset = [] } = {}) {
      const profile = get(id);
      const all = { ...profile.attributes.properties, ...attributes.properties };
      const properties = Object.fromEntries(Object.entries(all).filter(([name]) => !unset.includes(name)));
      profile.attributes = { ...profile.attributes, ...lowered(attributes), properties };
      stamp(profile, at.getTime());
    },
    subscribe(id, { at = now(), doubleOptin = false, channel = 'email' } = {}) {
      const profile = get(id);
      profile[channel] = { consent: 'SUBSCRIBED', at: at.getTime(), doubleOptin };
      // Subscribing takes a suppression off.
      if (channel === 'email') profile.suppressions = [];
      stamp(profile, at.getTime());
    },
    unsubscribe(id, { at = now(), quietly = false, channel = 'email' } = {}) {
      const profile = get(id);
      profile[channel] = { consent: 'UNSUBSCRIBED', at: at.getTime() };
      if (channel === 'email')
        profile.suppressions = [...profile.suppressions, { reason: 'UNSUBSCRIBE', at: at.getTime() }];
      if (!quietly) stamp(profile, at.getTime());
      const metric = channel === 'email' ? 'Unsubscribed from Email Marketing' : 'Unsubscribed from SMS Marketing';
      store.track(id, metric, {}, { at });
    },
    suppress(id, reason, { at = now() } = {}) {
      const profile = get(id);
      profile.suppressions = [...profile.suppressions, { reason, at: at.getTime() }];
      stamp(profile, at.getTime());
    },
    track(profile, name, properties = {}, { at = now(), receivedAt = at } = {}) {
      const metric = metrics.get(name) ?? nextId('M', 6);
      metrics.set(name, metric);
      const id = nextId('7f', 11);
      const seconds = Math.floor(at.getTime() / 1_000) * 1_000;
      const event: SimEvent = {
        id,
        profile,
        metric,
        at: seconds,
        receivedAt: receivedAt.getTime(),
        properties,
        damage: undefined,
      };
      events.push(event);
      const owner = profiles.get(profile);
      if (owner !== undefined) owner.lastEvent = Math.max(owner.lastEvent ?? 0, seconds);
      for (const listener of listeners) listener(event);
      return id;
    },
    merge(kept, other) {
      const [first, second] = [get(kept), get(other)];
      first.attributes = { ...second.attributes, ...withoutNulls(first.attributes) };
      stamp(first, now().getTime());
      remove(other);
      for (const [index, event] of events.entries())
        if (event.profile === other) events[index] = { ...event, profile: kept };
    },
    forget(id) {
      if (!store.profiles.has(id)) return false;
      if (!dying.has(id)) dying.set(id, now().getTime() + deletionLagMs);
      bury();
      return true;
    },
    damage: (id, attributes) => {
      get(id).damage = attributes;
    },
    damageEvent: (id, attributes) => {
      const event = events.find((one) => one.id === id);
      if (event !== undefined) event.damage = attributes;
    },
    whenTracked: (listener) => void listeners.push(listener),
  };
  return store;
}

function lowered(attributes: ProfileAttributes): ProfileAttributes {
  const { email } = attributes;
  return typeof email === 'string' ? { ...attributes, email: email.trim().toLowerCase() } : attributes;
}

function withoutNulls(attributes: ProfileAttributes): ProfileAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null && value !== undefined));
}
