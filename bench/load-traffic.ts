import { createHmac } from 'node:crypto';

/** One request of the load: what is sent where, and which activities it tells. */
export interface Sent {
  /** When it is due, in milliseconds after the beginning of its phase; all 0 = as fast as it is taken. */
  readonly due: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly activities: readonly Told[];
}

/** One activity, as whoever counts afterwards looks for it. */
export interface Told {
  readonly user: string;
  readonly name: string;
  readonly id: string;
}

/** What a phase sends. Equal settings give equal requests. */
export interface Phase {
  readonly name: string;
  /** Requests of everything together. */
  readonly requests: number;
  /** Requests a second; 0 = all at once. */
  readonly rate: number;
  readonly people: number;
  /** Webhook connections that take turns. */
  readonly connections: number;
  /** When it begins, in milliseconds of the machine's clock: what clients write into their messages. */
  readonly begins: number;
}

export const WRITE_KEY = 'wk_load_1';
export const SIGNING_SECRET = 'the signing secret of the load bench';
/** Messages of a server's batch. */
const BATCH = 20;
/** Of twenty requests twelve are single messages of browsers, seven signed webhooks, one a server's batch. */
const TURN = 20;
const WEBHOOKS = 7;
const ACTIVITIES_A_TURN = TURN - 1 + BATCH;

export const userOf = (number: number): string => `user-${number}`;
/** What people do in a phase on the website, and what their webhooks become. */
export const clickedIn = (phase: string): string => `Clicked ${phase}`;
export const ANSWERED = 'Survey Answered';

/** Makes everybody known before anything is measured, in batches. */
export function introductions(people: number): readonly Sent[] {
  const batches: Sent[] = [];
  for (let first = 0; first < people; first += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, people - first) }, (_, n) => ({
      type: 'identify',
      userId: userOf(first + n),
      messageId: `hello-${first + n}`,
      traits: { plan: `plan-${(first + n) % 10}`, city: `city-${(first + n) % 50}`, score: (first + n) % 100 },
    }));
    batches.push({ due: 0, ...ofWebsite('/v1/batch', { batch }), activities: [] });
  }
  return batches;
}

/** The requests of a phase, in the order in which they are due. */
export function trafficOf({ name, requests, rate, people, connections, begins }: Phase): readonly Sent[] {
  const all = (requests * ACTIVITIES_A_TURN) / TURN;
  let [next, known] = [0, 0];
  /** Somebody new at even distances, so that memberships begin all along; in between somebody who was there before. */
  const somebody = (): string => {
    next += 1;
    if (known < Math.min(people, Math.ceil((next * people) / all))) {
      known += 1;
      return userOf(known - 1);
    }
    return userOf((next * 7_919) % known);
  };
  return Array.from({ length: requests }, (_, number): Sent => {
    const due = rate === 0 ? 0 : (number * 1_000) / rate;
    const id = `${name}-${number}`;
    const at = new Date(begins + due).toISOString();
    const turn = number % TURN;
    if (turn < WEBHOOKS) return { due, ...webhook({ user: somebody(), name: ANSWERED, id }, at, number % connections) };
    if (turn > WEBHOOKS) {
      const told = { user: somebody(), name: clickedIn(name), id };
      return { due, ...ofWebsite('/v1/track', trackOf(told, at)), activities: [told] };
    }
    const batch = Array.from({ length: BATCH }, (_, n) => ({
      user: somebody(),
      name: clickedIn(name),
      id: `${id}-${n}`,
    }));
    return { due, ...ofWebsite('/v1/batch', { batch: batch.map((told) => trackOf(told, at)) }), activities: batch };
  });
}

const trackOf = ({ user, name, id }: Told, at: string) => ({
  type: 'track',
  userId: user,
  event: name,
  messageId: id,
  timestamp: at,
  sentAt: at,
  properties: { path: '/prices', value: 20, currency: 'EUR' },
  context: { library: { name: 'bench' }, locale: 'de-DE' },
});

function ofWebsite(path: string, message: object): Pick<Sent, 'path' | 'headers' | 'body'> {
  const authorization = `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`;
  return { path, headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify(message) };
}

function webhook(told: Told, at: string, connection: number): Omit<Sent, 'due'> {
  const body = JSON.stringify({ id: told.id, user: told.user, at, score: 9 });
  const signature = createHmac('sha256', SIGNING_SECRET).update(body).digest('hex');
  return {
    path: `/webhooks/form-${connection}`,
    headers: { 'x-signature': signature, 'content-type': 'application/json' },
    body,
    activities: [told],
  };
}
