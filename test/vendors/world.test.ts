import { describe, expect, it } from 'vitest';
import { SHARED_MAILBOX } from './world/people.ts';
import { countActivities, makeWorld, rehearsalSize } from './world.ts';

const now = new Date('2026-11-20T05:00:00.000Z');
const world = makeWorld(7, now);
const plain = (email: string) => email.trim().toLowerCase();

describe('makeWorld', () => {
  it('makes the same world from the same seed, to the byte', () => {
    expect(JSON.stringify(makeWorld(7, now))).toBe(JSON.stringify(world));
  });

  it('makes another world from another seed', () => {
    expect(makeWorld(8, now).people).not.toEqual(world.people);
  });

  it('has the size of the rehearsal', () => {
    const contacts = world.people.filter(({ object }) => object === 'Contact');

    expect(world.accounts).toHaveLength(150);
    expect(new Set(world.accounts.map(({ name }) => name)).size).toBe(150);
    expect(contacts).toHaveLength(2000);
    expect(world.people).toHaveLength(2200);
    expect(world.members).toHaveLength(1500);
    expect(countActivities(world)).toBeGreaterThan(18_000);
    expect(countActivities(world)).toBeLessThan(22_000);
  });

  it('knows about 1,100 members from the CRM', () => {
    const crm = new Set(world.people.map(({ email }) => plain(email)));

    expect(world.members.filter(({ email }) => crm.has(plain(email)))).toHaveLength(rehearsalSize.overlap);
  });

  it('holds people twice in the CRM, differing in case and spacing', () => {
    const typed = world.people.map(({ email }) => email);

    expect(new Set(typed.map(plain)).size).toBeLessThan(world.people.length - 40);
    expect(typed.some((email) => email !== email.trim())).toBe(true);
    expect(typed.some((email) => email !== email.toLowerCase())).toBe(true);
  });

  it('has a mailbox that several people share', () => {
    const sharing = world.people.filter(({ email }) => email === SHARED_MAILBOX).map(({ person }) => person.lastName);

    expect(sharing.length).toBeGreaterThan(3);
    expect(new Set(sharing).size).toBeGreaterThan(3);
  });

  it('has one member for each address', () => {
    expect(new Set(world.members.map(({ email }) => plain(email))).size).toBe(world.members.length);
  });

  it('has opt-outs, deletions and every status, most of them subscribed', () => {
    const share = (status: string) =>
      world.members.filter((member) => member.status === status).length / world.members.length;

    expect(world.people.filter(({ optedOut }) => optedOut).length).toBeGreaterThan(60);
    expect(world.people.filter(({ deletedAt }) => deletedAt !== undefined).length).toBeGreaterThan(20);
    expect(share('subscribed')).toBeCloseTo(0.8, 1);
    for (const status of ['unsubscribed', 'cleaned', 'pending', 'archived'])
      expect(share(status)).toBeGreaterThan(0.01);
  });

  it('shares a phone number between the records of one person only', () => {
    const owners = new Map<string, Set<string>>();
    for (const { person } of world.people) {
      if (person.phone !== undefined)
        owners.set(person.phone, (owners.get(person.phone) ?? new Set()).add(person.email));
    }

    expect([...owners.values()].filter((people) => people.size > 1)).toEqual([]);
    expect(owners.size).toBeGreaterThan(300);
  });

  it('names nobody outside the example domains', () => {
    const text = JSON.stringify(world);

    expect(text.match(/@[^"\s]+/g)?.filter((host) => !/^@example\.(com|org|net)$/i.test(host))).toEqual([]);
  });

  it('puts the past before the morning and the day after it, in order', () => {
    const past = [
      ...world.people.map(({ deletedAt, modifiedAt }) => deletedAt ?? modifiedAt),
      ...world.members.map(({ changedAt }) => changedAt),
      ...world.tasks.map(({ at }) => at),
      ...world.meetings.map(({ at }) => at),
      ...world.campaignMembers.map(({ at, respondedAt }) => respondedAt ?? at),
      ...world.newsletters.flatMap(({ activity }) => activity.map(({ at }) => at)),
    ];
    const day = world.day.map(({ at }) => at);

    expect(past.filter((at) => at >= world.now)).toEqual([]);
    expect(day.filter((at) => at <= world.now)).toEqual([]);
    expect(day).toEqual([...day].sort());
    expect(new Set(world.day.map(({ happening }) => happening.what)).size).toBe(17);
  });

  it('keeps to campaigns that were sent to the reader', () => {
    for (const { recipients, activity } of world.newsletters) {
      const sentTo = new Set(recipients);
      expect(activity.filter(({ email }) => !sentTo.has(email))).toEqual([]);
    }
  });

  it('scales down for tests', () => {
    const small = makeWorld(7, now, { accounts: 5, contacts: 40, leads: 5, members: 30, overlap: 20 });

    expect([small.accounts.length, small.people.length, small.members.length]).toEqual([5, 45, 30]);
    expect(countActivities(small)).toBeLessThan(1000);
  });
});
