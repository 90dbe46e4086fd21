import { describe, expect, it } from 'vitest';
import type { ProfileChange } from '../../../lib/domain/change.ts';
import { findPerson } from '../../../lib/pipeline/describe/find-person.ts';
import { startForget } from '../../../lib/pipeline/erase/forget-person.ts';
import { workJobs } from '../../../lib/pipeline/jobs/work-jobs.ts';
import { hashedAs } from '../../vendors/google-ads/store.ts';
import { deliver } from '../delivering.ts';
import { Death } from '../memory-stores.ts';
import { NOW } from '../world.ts';
import { annsAddress, memberOf, openErasing } from './erasing-rig.ts';

const DAY = 24 * 3_600_000;
const email = { type: 'email', value: annsAddress };

type Rig = Awaited<ReturnType<typeof openErasing>>;

/** Asks for Ann to be forgotten, and does all that follows. The receipt's id. */
async function forgetAnn(rig: Rig): Promise<string> {
  const person = await findPerson(rig.deps, annsAddress);
  const { receipt } = await startForget(rig.deps, person?.id ?? '');
  await rig.doJobs(async (body) => {
    await rig.work(body);
    await rig.drain();
  });
  return receipt;
}

describe('eraseInTools', () => {
  it('deletes the person by the tool’s own call, keeps the others, and lets go of the keys', async () => {
    await using rig = await openErasing();
    await rig.meetAnn();
    await rig.tell('to-tool', [email]);

    const receipt = await forgetAnn(rig);

    expect(rig.knowsAnn()).toBe(false);
    expect(rig.news.members('a1b2c3d4e5').map((one) => one.email)).toEqual(['bob@example.com']);
    expect(await rig.placesOf(receipt, 'tool news')).toMatchObject([{ state: 'confirmed', count: 1 }]);
    expect(await rig.placesOf(receipt, 'audience to-tool')).toMatchObject([{ state: 'confirmed' }]);
    expect(await rig.keysLeft()).toEqual([]);
    expect(JSON.stringify(await rig.state.list('erased-keys', { most: 9 }))).not.toContain(annsAddress);
  });

  it('takes the person off our lists where the record is not ours to delete, and says so', async () => {
    await using rig = await openErasing();
    const { contact } = await rig.meetAnn();
    await rig.tell('to-crm', [{ type: 'salesforce.contact_id', value: contact }]);

    const receipt = await forgetAnn(rig);

    expect(rig.crm.store.all('CampaignMember')).toEqual([]);
    expect(rig.crm.store.get(contact)).toBeDefined();
    const [place] = await rig.placesOf(receipt, 'tool crm');
    expect(place).toMatchObject({ state: 'impossible' });
    expect(place?.note).toContain('taken off 1 of our lists');
    expect(await rig.placesOf(receipt, 'audience to-crm')).toMatchObject([{ state: 'confirmed' }]);
  });

  it('asks no tool that only has the source record and is told to keep it', async () => {
    await using rig = await openErasing({ news: 'leave' });
    const { contact } = await rig.meetAnn();
    await rig.tell('to-tool', [email]);
    const before = rig.news.calls.length;

    const receipt = await forgetAnn(rig);

    expect(rig.news.calls.length).toBe(before);
    expect(rig.crm.store.get(contact)).toBeDefined();
    const [news, crm] = await rig.placesOf(receipt, 'tool news', 'tool crm');
    expect([news?.state, crm?.state]).toEqual(['impossible', 'impossible']);
    expect(await rig.keysLeft()).toEqual([]);
  });

  it('deletes contacts where the workspace says so, pending until the recycle bin is emptied', async () => {
    await using rig = await openErasing({ crm: 'delete' });
    const { contact } = await rig.meetAnn();
    const colleague = rig.crm.store.insert('Contact', { LastName: 'Other', Email: annsAddress });

    const receipt = await forgetAnn(rig);

    expect(rig.crm.store.get(contact)).toBeUndefined();
    expect(rig.crm.store.get(colleague), 'deletes by id, never by address').toBeDefined();
    const [place] = await rig.placesOf(receipt, 'tool crm');
    expect(place).toMatchObject({ state: 'pending', count: 1 });
    expect(Date.parse(place?.until ?? '')).toBeGreaterThanOrEqual(NOW + 15 * DAY);
    expect(await rig.keysLeft()).toEqual([]);
  });

  it('asks after the jobs by which a tool takes somebody off, and begins none a second time', async () => {
    await using rig = await openErasing();
    const { store } = rig.ads;
    await rig.meetAnn();
    store.know(annsAddress);
    for (const [audience, name] of [
      ['to-ads', 'Lapsing'],
      ['to-more-ads', 'Customers'],
    ] as const) {
      await rig.tell(audience, [email]);
      store.createList({ name, keyTypes: ['CONTACT_ID'] }).told.add(hashedAs(annsAddress));
    }
    const reaches = () => ['Lapsing', 'Customers'].map((name) => store.reaches(name, annsAddress));
    const before = reaches();

    const receipt = await forgetAnn(rig);

    expect([before, reaches()]).toEqual([
      [true, true],
      [false, false],
    ]);
    // The second takes longer than the first: it is not asked for again while the second is waited for.
    expect([...store.requests.values()].map(({ op, doneAt }) => [op, doneAt <= rig.clock.now().getTime()])).toEqual([
      ['remove', true],
      ['remove', true],
    ]);
    expect(await rig.placesOf(receipt, 'audience to-ads', 'audience to-more-ads')).toMatchObject([
      { state: 'confirmed' },
      { state: 'confirmed' },
    ]);
    expect(await rig.keysLeft()).toEqual([]);
  });

  it('waits as long as the tool asks, then goes on', async () => {
    await using rig = await openErasing({ crm: 'leave' });
    await rig.meetAnn();
    rig.news.faults.push({ kind: 'too-many', on: 'write', retryAfterSeconds: 1_800 });
    const began = rig.clock.now().getTime();

    const receipt = await forgetAnn(rig);

    expect(rig.clock.now().getTime() - began).toBeGreaterThanOrEqual(1_800_000);
    expect(await rig.placesOf(receipt, 'tool news')).toMatchObject([{ state: 'confirmed' }]);
    expect(rig.told).toEqual([]);
  });

  it('tries for a month, tells whoever is on call, then says that it is impossible', async () => {
    await using rig = await openErasing({ crm: 'leave' });
    await rig.meetAnn();
    const person = await findPerson(rig.deps, annsAddress);
    const { receipt } = await startForget(rig.deps, person?.id ?? '');
    await rig.doJobs(rig.work);
    const broken = { ...rig.deps, secrets: async () => ({}) };
    const { eraseInTools } = await import('../../../lib/pipeline/erase/erase-in-tools.ts');
    const erase = eraseInTools(broken as never);
    const command = { erase: receipt, connection: 'news' };
    await erase(command, new AbortController().signal);
    const [pending] = await rig.placesOf(receipt, 'tool news');
    rig.clock.pass(31 * DAY);

    await erase(command, new AbortController().signal);

    expect(pending?.state).toBe('pending');
    expect(pending?.note).toContain('connection/bad-secret');
    expect(rig.told).toHaveLength(1);
    expect(await rig.placesOf(receipt, 'tool news')).toMatchObject([{ state: 'impossible' }]);
    expect(await rig.keysLeft()).toEqual([]);
    expect(JSON.stringify(await rig.placesOf(receipt, 'tool news'))).not.toContain('ann');
  });

  it('comes to the same end wherever it dies', async () => {
    for (let stop = 1; stop <= 40; stop += 1) {
      await using rig = await openErasing({ crm: 'leave' });
      await rig.meetAnn();
      await rig.tell('to-tool', [email]);
      const person = await findPerson(rig.deps, annsAddress);
      const { receipt } = await startForget(rig.deps, person?.id ?? '');
      await rig.doJobs(rig.work);
      let steps = 0;
      rig.dieAt(() => {
        steps += 1;
        if (steps === stop) throw new Death();
      });

      await rig.drain();

      rig.dieAt(() => {});
      expect(rig.knowsAnn(), `died at ${stop}`).toBe(false);
      // Who died between the tool's answer and the note of it finds nobody there, and says so.
      const [place] = await rig.placesOf(receipt, 'tool news');
      expect(place?.state, `died at ${stop}`).toBe('confirmed');
      expect(await rig.keysLeft(), `died at ${stop}`).toEqual([]);
      if (steps < stop) return;
    }
    throw new Error('there are more places to die than were tried');
  });

  it('leaves somebody alone who came back by their own word before the tool was asked', async () => {
    await using rig = await openErasing({ crm: 'leave' });
    await rig.meetAnn();
    await rig.tell('to-tool', [email]);
    const person = await findPerson(rig.deps, annsAddress);
    const { receipt } = await startForget(rig.deps, person?.id ?? '');
    await rig.work(rig.jobs.next() ?? null);
    const at = new Date(NOW + 60_000).toISOString();
    const consent = [{ address: annsAddress, topic: 'email', state: 'granted', at, source: 'form', by: 'person' }];
    await rig.resolve([{ ...memberOf(annsAddress), at, consent } as never]);

    await rig.drain();

    expect(rig.knowsAnn()).toBe(true);
    const [place] = await rig.placesOf(receipt, 'tool news');
    expect(place).toMatchObject({ state: 'confirmed', count: 0 });
    expect(place?.note).toContain('known by now');
  });

  it('is not undone by what the tool tells of our own deletion', async () => {
    await using rig = await openErasing({ crm: 'leave' });
    await rig.meetAnn();
    await forgetAnn(rig);
    const [tombstone] = rig.stores.tombstones();
    const { identifiers: _, ...member } = memberOf(annsAddress) as never as Record<string, unknown>;

    // The webhook's `unsubscribe` with action `delete`, and a late pull of what was read before it.
    const told = [{ ...member, kind: 'gone' }, memberOf(annsAddress)] as never;
    const { erased } = await rig.resolve(told);

    expect(erased).toBe(2);
    expect(rig.stores.living().filter(({ fragments }) => Object.keys(fragments).length > 0)).toEqual([]);
    expect(rig.stores.tombstones()).toEqual([tombstone]);
  });

  it('is asked again by the nightly round when the message that carried the question is lost', async () => {
    await using rig = await openErasing({ crm: 'leave' });
    await rig.meetAnn();
    const person = await findPerson(rig.deps, annsAddress);
    await startForget(rig.deps, person?.id ?? '');
    await rig.doJobs(rig.work);
    rig.push.take();
    rig.clock.pass(DAY);
    await rig.work({ care: true });
    await rig.doJobs(rig.work);

    await rig.drain();

    expect(rig.knowsAnn()).toBe(false);
    expect(await rig.keysLeft()).toEqual([]);
  });

  it('says that somebody is still on a list whose audience went before they were taken off', async () => {
    await using rig = await openErasing({ news: 'leave' });
    await rig.meetAnn();
    await rig.tell('to-tool', [email]);
    const receipt = await forgetAnn(rig);
    const [before] = await rig.placesOf(receipt, 'audience to-tool');
    rig.clock.pass(DAY);
    const definitions = { ...rig.definitions, audiences: [] };
    const work = workJobs({ ...rig.deps, connectors: {}, definitions: async () => definitions });

    await work({ care: true }, new AbortController().signal);
    await rig.doJobs((body) => work(body, new AbortController().signal));

    expect(before?.state).toBe('pending');
    const [after] = await rig.placesOf(receipt, 'audience to-tool');
    expect(after).toMatchObject({ state: 'impossible' });
    expect(after?.note).toContain('take the person off in the tool by hand');
  });

  it('leaves no row, and no silence, of an audience that was pushed once and is gone', async () => {
    await using rig = await openErasing();
    const { contact } = await rig.meetAnn();
    await rig.tell('to-crm', [{ type: 'salesforce.contact_id', value: contact }]);
    await rig.state.put('push', 'to-crm', { list: 'crm/7010001' }, 0);
    const [{ id = '' } = {}] = rig.stores.living();
    const definitions = { ...rig.definitions, audiences: [] };
    const work = workJobs({ ...rig.deps, connectors: {}, definitions: async () => definitions });

    const { receipt } = await startForget(rig.deps, id);
    await rig.doJobs((body) => work(body, new AbortController().signal));

    expect((await rig.stores.memberships.readAudienceRows('to-crm', [id])).size).toBe(0);
    expect(await rig.placesOf(receipt, 'audience to-crm')).toMatchObject([{ state: 'impossible' }]);
  });
});

describe('somebody who was two people when a tool was told of them', () => {
  /** Both are on the list, the one told by the id of the contact, the other by an address; then they turn out to be one. */
  async function meetBoth(rig: Rig) {
    const { store } = rig.crm;
    const old = 'old@example.com';
    const [first = '', second = ''] = [annsAddress, old].map((Email) =>
      store.insert('Contact', { LastName: 'Dev', Email }),
    );
    const campaign = store.insert('Campaign', { Name: 'Spring' });
    for (const ContactId of [first, second]) store.insert('CampaignMember', { CampaignId: campaign, ContactId });
    const phone = { type: 'phone', value: '+493012345678' };
    const record = { ...memberOf(annsAddress), fragment: `crm:contact:${first}` } as ProfileChange;
    const answer = { ...memberOf(old), fragment: 'form:response:1' } as ProfileChange;
    await deliver(rig.stores, [[{ ...record, identifiers: [email, phone] }, answer]]);
    await rig.tell('to-crm', [{ type: 'salesforce.contact_id', value: first }], annsAddress);
    await rig.tell('to-crm', [{ type: 'email', value: old }], old);
    const later = new Date(NOW - 60_000).toISOString();
    const joined = { ...answer, at: later, identifiers: [...(answer.identifiers ?? []), phone] };
    await deliver(rig.stores, [[joined]]);
    expect(rig.stores.living()).toHaveLength(1);
  }

  it('is taken off its list as both', async () => {
    await using rig = await openErasing();
    await meetBoth(rig);

    const receipt = await forgetAnn(rig);

    expect(rig.crm.store.all('CampaignMember')).toEqual([]);
    expect(await rig.placesOf(receipt, 'audience to-crm')).toMatchObject([{ state: 'confirmed' }]);
  });

  it('is not off the list before the tool has taken both off', async () => {
    await using rig = await openErasing();
    await meetBoth(rig);
    rig.crm.faults.add({ kind: 'row-lock', on: ['write'] });
    const notes = async (receipt: string) => (await rig.placesOf(receipt, 'tool crm'))[0]?.note;
    const person = await findPerson(rig.deps, annsAddress);
    const { receipt } = await startForget(rig.deps, person?.id ?? '');
    await rig.work(rig.jobs.next() ?? null);

    await rig.drain(1);
    const [left, meanwhile] = [rig.crm.store.all('CampaignMember').length, await notes(receipt)];
    await rig.drain();

    expect(left).toBe(1);
    expect(meanwhile).toContain('asked 1 times; erasure/not-yet');
    expect(rig.crm.store.all('CampaignMember')).toEqual([]);
    expect(await notes(receipt)).toContain('taken off 1 of our lists');
  });

  it('is taken off by the first key where a former release kept of none whose it was', async () => {
    await using rig = await openErasing();
    const { contact } = await rig.meetAnn();
    const keys = [{ type: 'salesforce.contact_id', value: contact }];
    await rig.tell('to-crm', keys);
    const person = await findPerson(rig.deps, annsAddress);
    const { receipt } = await startForget(rig.deps, person?.id ?? '');
    await rig.work(rig.jobs.next() ?? null);
    const held = await rig.state.get('erased-keys', `${receipt}#crm`);
    expect(held?.body.lists).toEqual({ 'to-crm': keys.map((one) => ({ ...one, profile: person?.id })) });
    const before = { ...held?.body, lists: { 'to-crm': keys } } as never;
    await rig.state.put('erased-keys', `${receipt}#crm`, before, held?.version ?? 0);

    await rig.drain();

    expect(rig.crm.store.all('CampaignMember')).toEqual([]);
    expect(await rig.keysLeft()).toEqual([]);
  });
});
