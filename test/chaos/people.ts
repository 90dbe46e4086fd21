import { answer } from '../vendors/forms/scenario.ts';
import type { Random } from '../vendors/world/random.ts';
import type { Storm } from './storm.ts';
import { NEWS, SHOP, WRITE_KEY } from './storm-workspace.ts';

const MINUTE = 60_000;
const TRIES = 60;

/** Somebody of one seed, and where they are known. */
interface Person {
  readonly name: string;
  readonly email: string;
  readonly crm: string | undefined;
  readonly inNews: boolean;
  readonly onSite: boolean;
}

/** What a seed's people are and did, kept as it was told: what must be known of them in the end is made from it. */
export interface Crowd {
  readonly label: string;
  readonly people: Person[];
  /** Batches of the tracking protocol that were taken. */
  readonly told: object[];
  /** Records by their fragments. */
  readonly records: Set<string>;
  /** Records that cannot be read. */
  readonly damaged: Set<string>;
  /** Changes that nobody can read and that were sent all the same. */
  poisoned: number;
  /** Requests that were sent once more though they had been taken. */
  repeated: number;
}

/** The first half of a seed: everybody appears, in some tools and on the website. */
export async function arrive(storm: Storm, label: string, random: Random, repeats: boolean): Promise<Crowd> {
  const crowd: Crowd = {
    ...{ label, people: [], told: [], records: new Set(), damaged: new Set() },
    repeated: 0,
    poisoned: 0,
  };
  const count = random.between(12, 24);
  for (let n = 0; n < count; n += 1) crowd.people.push(appear(storm, crowd, random.part(`person ${n}`), n));
  damageOne(storm, crowd);
  await inTurn(crowd.people, async (person, n) => {
    const dice = random.part(`first act ${n}`);
    if (person.onSite) await visit(storm, crowd, person, dice, repeats);
    if (dice.chance(0.4)) await answerForm(storm, crowd, person, dice, n);
  });
  return crowd;
}

/** The second half: records change, addresses too, people unsubscribe, order, and turn out to be one. */
export async function change(storm: Storm, crowd: Crowd, random: Random, repeats: boolean): Promise<void> {
  await inTurn(crowd.people, async (person, n) => {
    const dice = random.part(`second act ${n}`);
    if (person.crm !== undefined && dice.chance(0.5)) {
      const email = dice.chance(0.3) ? { email: person.email.replace('@', '.new@') } : {};
      const lifecyclestage = dice.pick(['lead', 'customer', 'opportunity']);
      storm.crm.store.update('contacts', person.crm, { lifecyclestage, jobtitle: `Title ${n}`, ...email });
    }
    if (person.inNews && dice.chance(0.4)) {
      const status = dice.chance(0.5) ? { status: 'unsubscribed' as const } : {};
      storm.news.putMember(NEWS, { email: person.email, merge: { LNAME: `Later ${n}` }, ...status });
    }
    if (person.onSite && dice.chance(0.7)) await visit(storm, crowd, person, dice, repeats);
    if (dice.chance(0.15)) await shareDevice(storm, crowd, person, dice.pick(crowd.people), repeats);
  });
}

function appear(storm: Storm, crowd: Crowd, dice: Random, n: number): Person {
  const name = `${crowd.label}p${n}`;
  const email = `${name}@example.com`;
  const inCrm = dice.chance(0.7);
  const inNews = dice.chance(0.6);
  const crm = inCrm
    ? storm.crm.store.create('contacts', {
        ...{ email, firstname: `First ${n}`, lastname: crowd.label },
        lifecyclestage: dice.pick(['lead', 'customer']),
      })
    : undefined;
  if (crm !== undefined) crowd.records.add(`crm:contact:${crm}`);
  if (inNews) {
    const status = dice.chance(0.85) ? 'subscribed' : 'unsubscribed';
    storm.news.putMember(NEWS, { email, status, merge: { FNAME: `News ${n}` } });
    crowd.records.add(`news:member:${storm.news.member(NEWS, email)?.id}`);
  }
  // Whoever is not there is `unmatched`.
  if (dice.chance(0.9)) storm.shop.putMember(SHOP, { email });
  return { name, email, crm, inNews, onSite: !(inCrm || inNews) || dice.chance(0.6) };
}

/** One record that nobody can read: it must be in quarantine, by name. */
function damageOne(storm: Storm, { people, records, damaged }: Crowd): void {
  const unreadable = people.find(({ inNews, crm }) => inNews && crm !== undefined);
  if (unreadable === undefined) return;
  storm.news.corrupt(NEWS, unreadable.email, { last_changed: 'yesterday' });
  const fragment = `news:member:${storm.news.member(NEWS, unreadable.email)?.id}`;
  records.delete(fragment);
  damaged.add(fragment);
}

async function visit(
  storm: Storm,
  crowd: Crowd,
  { name, email }: Person,
  dice: Random,
  repeats: boolean,
): Promise<void> {
  const anonymousId = `${name}-browser`;
  const known = dice.chance(0.8);
  const timestamp = new Date(storm.now() - dice.between(0, 50) * MINUTE).toISOString();
  const of = { anonymousId, timestamp, ...(known ? { userId: name } : {}) };
  const acts = dice.sample(['Order Completed', 'Order Completed', 'Cart Opened', 'Page Liked'], dice.between(1, 4));
  await collect(storm, crowd, repeats, [
    ...(known ? [{ type: 'identify', ...of, messageId: `${timestamp}.i.${name}`, traits: { email } }] : []),
    ...acts.map((event, n) => ({ type: 'track', ...of, messageId: `${timestamp}.${n}.${name}`, event })),
  ]);
}

/** Somebody signs in on the device of somebody else. */
async function shareDevice(storm: Storm, crowd: Crowd, one: Person, other: Person, repeats: boolean): Promise<void> {
  const timestamp = new Date(storm.now()).toISOString();
  const of = { anonymousId: `${one.name}-browser`, timestamp, messageId: `${timestamp}.d.${one.name}` };
  await collect(storm, crowd, repeats, [
    { type: 'identify', ...of, userId: other.name, traits: { email: other.email } },
  ]);
}

/** A client of the tracking protocol: sends until it is told that the messages were taken. */
async function collect(storm: Storm, crowd: Crowd, repeats: boolean, batch: readonly object[]): Promise<void> {
  crowd.told.push({ batch });
  await post(storm, { batch });
  if (!repeats) return;
  crowd.repeated += 1;
  await post(storm, { batch });
}

async function post({ stage }: Storm, body: object): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`;
  const headers = { authorization, 'content-type': 'application/json' };
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const answered = await fetch(`${stage.url}/v1/batch`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (answered.ok) return;
  }
  throw new Error(`the collector took nothing ${TRIES} times`);
}

async function answerForm(
  { voices }: Storm,
  { label, records }: Crowd,
  person: Person,
  dice: Random,
  n: number,
): Promise<void> {
  const token = `${label}-answer-${n}`;
  records.add(`voices:response:${token}`);
  const nps = dice.between(0, 10);
  await voices.submit({
    token,
    answers: [
      answer('email', 'email', person.email),
      answer('nps', 'number', nps),
      answer('contact_me', 'boolean', dice.chance(0.8)),
    ],
  });
}

async function inTurn<T>(list: readonly T[], act: (item: T, n: number) => Promise<void>): Promise<void> {
  // Some at once, as they come.
  const lanes = 4;
  const doLane = async (lane: number): Promise<void> => {
    for (let n = lane; n < list.length; n += lanes) await act(list[n] as T, n);
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => doLane(lane)));
}

/** Which fragments are of a crowd: the names of its web records hold its label. */
export function ownsOf({ label, records, damaged }: Crowd): (fragment: string) => boolean {
  return (fragment) =>
    records.has(fragment) || damaged.has(fragment) || (fragment.startsWith('web:') && fragment.includes(`:${label}p`));
}
