import { describe, expect, it } from 'vitest';
import type { UnmergeChange } from '../../../lib/domain/change.ts';
import type { Profile } from '../../../lib/domain/profile.ts';
import { readExport, startExport } from '../../../lib/pipeline/describe/export-person.ts';
import { findPerson } from '../../../lib/pipeline/describe/find-person.ts';
import { startForget } from '../../../lib/pipeline/erase/forget-person.ts';
import { workJobs } from '../../../lib/pipeline/jobs/work-jobs.ts';
import { deliver, recordsIn } from '../delivering.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { openErasing } from './erasing-rig.ts';
import { ann, at, bob, contact, openPrivacy } from './forgetting.ts';

const unmerged: UnmergeChange = {
  kind: 'unmerge',
  fragment: 'crm:contact:2',
  from: 'crm:contact:1',
  identifier: ann,
  at: at(-1),
};
const dora = { type: 'email', value: 'dora@example.com' };
const phone = { type: 'phone', value: '+493012345678' };

/** Ann and Bob; by a mistyped address Bob's record was Ann's for a while. `former` is what Ann's profile names of then. */
async function mistaken() {
  const stores = openMemoryStores();
  const privacy = openPrivacy(stores);
  const find = async (text: string) => (await findPerson(privacy.deps, text)) as Profile;
  const rowsOf = (id: string) => stores.rows().filter(({ profile }) => profile === id);
  const linesOf = (id: string) => stores.lines().filter(({ profile }) => profile === id);
  await deliver(stores, [[contact('1', -9, ann), contact('2', -8, bob)]]);
  await deliver(stores, [[contact('2', -7, ann)]]);
  expect(recordsIn(stores)).toEqual([['crm:contact:1', 'crm:contact:2']]);
  const { former } = await find('ann@example.com');
  expect(former).toHaveLength(1);
  return { stores, privacy, find, rowsOf, linesOf, former: former ?? [] };
}

describe('erasing one of two people who were taken apart again', () => {
  it.each([
    ['an unmerge', unmerged],
    ['a corrected address', contact('2', -6, bob)],
  ])('leaves the rows and the history of the other after %s', async (_, change) => {
    const { stores, privacy, find, rowsOf, linesOf } = await mistaken();
    await deliver(stores, [[change]]);
    expect(recordsIn(stores)).toEqual([['crm:contact:1'], ['crm:contact:2']]);
    const { id, wanted } = await find('bob@example.com');
    expect(wanted['to-tool']).toMatchObject({ in: true });
    const [rows, lines] = [rowsOf(id), linesOf(id)];
    expect([rows.length, lines.length > 0]).toEqual([2, true]);

    const receipt = await privacy.forget('ann@example.com');

    expect(receipt.profiles).not.toContain(id);
    expect(rowsOf(id)).toEqual(rows);
    expect(linesOf(id)).toEqual(lines);
  });

  it('is no reason to show one what the other did', async () => {
    const { stores, privacy, find } = await mistaken();
    await deliver(stores, [[unmerged]]);

    const id = await startExport(privacy.deps, (await find('ann@example.com')).id);
    await privacy.doJobs();

    const whole = JSON.parse((await readExport(privacy.deps, id, 'json', 0))?.text ?? '{}') as { audiences: unknown };
    expect(JSON.stringify(whole.audiences)).not.toContain('bob@example.com');
  });

  it('does not take the other off the list of a tool', async () => {
    await using rig = await openErasing();
    const { stores, news } = rig;
    await deliver(stores, [[contact('1', -9, ann), contact('2', -8, bob)]]);
    await deliver(stores, [[contact('2', -7, ann)]]);
    await deliver(stores, [[unmerged]]);
    const other = (await findPerson(rig.deps, 'bob@example.com'))?.id ?? '';
    news.putMember('a1b2c3d4e5', { email: 'bob@example.com' });
    news.tag('a1b2c3d4e5', 'bob@example.com', 'Lapsing');
    const wanted = { in: true, keys: [bob] } as const;
    await stores.memberships.writeRows([{ row: 'audience', audience: 'to-tool', profile: other, version: 99, wanted }]);
    stores.tell('to-tool', other, { in: true, keys: [bob], outcome: 'applied', op: 'add', run: 'r1', at: 0 });

    await startForget(rig.deps, (await findPerson(rig.deps, 'ann@example.com'))?.id ?? '');
    await rig.doJobs(async (body) => {
      await rig.work(body);
      await rig.drain();
    });

    expect(news.members('a1b2c3d4e5').map(({ email }) => email)).toEqual(['bob@example.com']);
  });

  it.each([
    ['still', []],
    ['still, and the other was joined with a third person', [contact('2', -5, dora)]],
  ])('leaves the other where the profile names them %s', async (_, since) => {
    const { stores, privacy, find, rowsOf, linesOf, former } = await mistaken();
    await deliver(stores, [[contact('3', -9, dora), contact('2', -6, bob)], since]);
    const { id } = await find('crm:contact:2');
    // As it was written before ids were taken out.
    await stores.profiles.writeTogether([{ ...(await find('ann@example.com')), former }], [], []);
    const [rows, lines] = [rowsOf(id), linesOf(former[0] ?? '')];
    expect([rows.length, lines.length > 0]).toEqual([2, true]);

    const receipt = await privacy.forget('ann@example.com');

    expect(receipt.profiles).toHaveLength(1);
    expect(rowsOf(id)).toEqual(rows);
    expect(linesOf(former[0] ?? '')).toEqual(lines);
  });

  it('still erases what was the person’s under an id that leads to them', async () => {
    const { privacy, linesOf, former } = await mistaken();
    expect(linesOf(former[0] ?? '')).not.toEqual([]);

    const receipt = await privacy.forget('ann@example.com');

    expect(receipt.profiles.slice(1)).toEqual(former);
    expect(linesOf(former[0] ?? '')).toEqual([]);
  });
});

describe('somebody who is taken apart again', () => {
  it('has their own id back, though another address names them by now', async () => {
    const stores = openMemoryStores();
    const privacy = openPrivacy(stores);
    const idOf = async (text: string) => (await findPerson(privacy.deps, text))?.id;
    await deliver(stores, [[contact('0', -9, phone)], [contact('1', -8, ann)], [contact('2', -8, bob)]]);
    const [winner, own] = [await idOf('crm:contact:0'), await idOf('crm:contact:2')];
    // Ann's id is one that the winner had, and Bob's record states the address that it was made of.
    await deliver(stores, [[contact('1', -7, ann, phone)], [contact('2', -6, ann)]]);
    expect(recordsIn(stores)).toHaveLength(1);
    const joined = await findPerson(privacy.deps, 'ann@example.com');
    expect([joined?.id, joined?.former?.length]).toEqual([winner, 2]);

    await deliver(stores, [[contact('2', -5, dora)]]);

    expect(await idOf('dora@example.com')).toBe(own);
    const left = await findPerson(privacy.deps, 'ann@example.com');
    expect([left?.id, left?.former]).toEqual([winner, joined?.former?.filter((one) => one !== own)]);
  });

  it('is taken out of the profile of whom they had been joined with, also when they come from a third person', async () => {
    const { stores, find, former } = await mistaken();
    await deliver(stores, [[contact('3', -9, dora)]]);
    await deliver(stores, [[contact('2', -6, dora)]]);
    expect(recordsIn(stores)).toEqual([['crm:contact:1'], ['crm:contact:2', 'crm:contact:3']]);

    await deliver(stores, [[contact('2', -5, bob)]]);

    expect((await find('bob@example.com')).id).toBe(former[0]);
    expect((await find('ann@example.com')).former).toBeUndefined();
  });

  it('has a new id after an erasure, which goes on taking away what is under the old ones', async () => {
    const stores = openMemoryStores();
    const privacy = openPrivacy(stores);
    await deliver(stores, [[contact('1', -9, ann)], [contact('2', -8, bob)]]);
    await deliver(stores, [[contact('1', -7, ann, phone), contact('2', -7, bob, phone)]]);
    const person = await findPerson(privacy.deps, 'ann@example.com');
    expect(person?.former).toHaveLength(1);
    await startForget(privacy.deps, person?.id ?? '');
    const work = workJobs(privacy.deps);
    await work(privacy.jobs.next() ?? null, new AbortController().signal);
    // Between the two looks they come back by what they once were another person by.
    const word = { kind: 'profile', fragment: 'web:user:7', at: at(1), identifiers: [bob] } as const;
    await privacy.resolve([{ ...word, traits: { stage: 'customer' } }]);
    const back = await findPerson(privacy.deps, 'bob@example.com');
    const rows = stores.rows();
    expect(rows.map(({ profile }) => profile)).toEqual([back?.id, back?.id]);

    await privacy.doJobs();

    expect(person?.former).not.toContain(back?.id);
    expect(stores.rows()).toEqual(rows);
  });
});
