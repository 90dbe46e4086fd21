import { beforeAll, describe, expect, it } from 'vitest';
import type { Dynamo } from '../../lib/adapters/dynamodb/client.ts';
import { openIdentityIndex } from '../../lib/adapters/dynamodb/identity-index.ts';
import { openProfileStore } from '../../lib/adapters/dynamodb/profile-store.ts';
import { emptyFragment } from '../../lib/domain/fragment.ts';
import { type MergedProfile, newProfile, type Profile } from '../../lib/domain/profile.ts';
import type { IdentityIndex, ProfileStore, StoredProfile } from '../../lib/pipeline/ports.ts';
import { createTables, withEngines } from '../engines.ts';
import { loseNextAnswer, openTestDynamo } from './opened-dynamo.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-21T12:30:00.000Z');
const engines = withEngines();

let dynamo: Dynamo;
let store: ProfileStore;
let index: IdentityIndex;

function openStores(): void {
  dynamo = openTestDynamo(engines().dynamodbUrl);
  store = openProfileStore(dynamo, { profiles: 'people-profiles', identifiers: 'people-identifiers' });
  index = openIdentityIndex(dynamo, 'people-identifiers');
}

beforeAll(async () => {
  await createTables(engines().dynamodb, 'people-');
  openStores();
});

const person = (id: string, given: Partial<Profile> = {}): Profile => ({
  ...newProfile(id),
  fragments: { 'crm:contact:1': { ...emptyFragment, traits: { name: ['Ann', 1, 1] } } },
  ...given,
});
const at = (version: number, profile: StoredProfile): StoredProfile => ({ ...profile, version });

async function readOne(id: string): Promise<StoredProfile | undefined> {
  return (await store.read([id])).get(id);
}

async function collect(pages: AsyncIterable<readonly string[]>): Promise<string[]> {
  const found: string[] = [];
  for await (const page of pages) found.push(...page);
  return found.sort();
}

async function* idsIn(pages: ReturnType<ProfileStore['scan']>): AsyncIterable<readonly string[]> {
  for await (const { people } of pages) yield people.map(({ id }) => id);
}

describe('profile store', () => {
  it('gives back what was written, one version on', async () => {
    const written = person('p_round', {
      memberships: { customers: NOW },
      outbox: [{ row: 'segment', segment: 'customers', member: true, at: NOW }],
      flipsAt: NOW + HOUR,
      dueAt: NOW + 60_000,
    });

    expect(await store.write([written])).toEqual(new Map([['p_round', 'written']]));

    expect(await readOne('p_round')).toEqual(at(1, written));
    expect(await readOne('p_nobody')).toBeUndefined();
  });

  it('writes only on the version that was read, each profile for itself', async () => {
    const all = Array.from({ length: 60 }, (_, n) => person(`p_many_${n}`));
    await store.write(all);
    const stale = all.slice(0, 30);
    const current = all.slice(30).map((one) => at(1, one) as Profile);

    const outcomes = await store.write([...stale, ...current]);

    expect(stale.every(({ id }) => outcomes.get(id) === 'conflict')).toBe(true);
    expect(current.every(({ id }) => outcomes.get(id) === 'written')).toBe(true);
    const missing = await store.write([at(3, person('p_never')) as Profile]);
    expect(missing.get('p_never')).toBe('conflict');
  });

  it('takes no profile over its budget, and says so', async () => {
    const large = person('p_large', {
      fragments: { a: { ...emptyFragment, traits: { text: ['x'.repeat(300_000), 1, 1] } } },
    });

    expect((await store.write([large, person('p_small')])).get('p_large')).toBe('too-large');
    expect((await store.write([at(1, person('p_small')) as Profile])).get('p_small')).toBe('written');
    expect(await store.writeTogether([large], [], [])).toBe('too-large');
    expect(await readOne('p_large')).toBeUndefined();
  });

  it('leaves the outbox and the due instant behind when they are written empty', async () => {
    const owing = person('p_owing', { outbox: [{ row: 'audience', audience: 'a' }], dueAt: NOW });
    await store.write([owing]);
    await store.write([at(1, person('p_owing')) as Profile]);

    expect(await readOne('p_owing')).toMatchObject({ version: 2, outbox: [], dueAt: null });
    expect(await collect(store.due(NOW, NOW))).not.toContain('p_owing');
  });

  it('empties the outbox of the version that was written, and of no later one', async () => {
    const owing = (id: string) =>
      person(id, { outbox: [{ row: 'audience', audience: 'a' }], dueAt: NOW + 60_000, flipsAt: NOW + 2 * HOUR });
    await store.write([
      owing('p_clear'),
      owing('p_later'),
      person('p_still', { outbox: [{ row: 'audience', audience: 'a' }], dueAt: NOW }),
    ]);
    await store.write([at(1, owing('p_later')) as Profile]);

    await store.clearOutboxes([at(1, owing('p_clear')), at(1, owing('p_later')), at(1, person('p_still'))]);

    expect(await readOne('p_clear')).toMatchObject({ version: 1, outbox: [], dueAt: NOW + 2 * HOUR });
    expect(await readOne('p_still')).toMatchObject({ outbox: [], dueAt: null });
    expect(await readOne('p_later')).toMatchObject({ version: 2, dueAt: NOW + 60_000, outbox: [{ row: 'audience' }] });
  });

  it('finds who is due over the hours, and nobody else', async () => {
    const due = [0, 1, 2, 3].map((hours) =>
      person(`p_due_${hours}`, { flipsAt: NOW - hours * HOUR, dueAt: NOW - hours * HOUR }),
    );
    const later = person('p_due_later', { dueAt: NOW + 1 });
    await store.write([...due, later]);

    const found = (await collect(store.due(NOW - 3 * HOUR, NOW))).filter((id) => id.startsWith('p_due_'));

    expect(found).toEqual(['p_due_0', 'p_due_1', 'p_due_2', 'p_due_3']);
  });

  it('scans everybody once over its parts, and goes on after any page', async () => {
    const parts = await Promise.all([0, 1, 2].map((part) => collect(idsIn(store.scan(part, 3)))));
    const all = await collect(idsIn(store.scan(0, 1)));
    expect(parts.flat().sort()).toEqual(all);
    expect(new Set(all).size).toBe(all.length);

    const ordered: string[] = [];
    for await (const ids of idsIn(store.scan(1, 3))) ordered.push(...ids);
    const half = ordered[Math.floor(ordered.length / 2)] ?? '';

    expect(await collect(idsIn(store.scan(1, 3, half)))).toEqual(ordered.slice(ordered.indexOf(half) + 1).sort());
  });
});

describe('profiles written together', () => {
  const merged = (id: string, version: number): MergedProfile => ({
    id,
    version,
    mergedInto: 'p_win',
    outbox: [],
    dueAt: null,
  });

  it('are written all with their moves', async () => {
    await index.claim([
      { key: 'email#1', profile: 'p_lose' },
      { key: 'email#2', profile: 'p_lose' },
    ]);
    await store.write([person('p_win'), person('p_lose')]);

    const outcome = await store.writeTogether(
      [at(1, person('p_win')), merged('p_lose', 1)],
      [{ key: 'email#1', from: 'p_lose', to: 'p_win' }],
      [{ key: 'email#2', from: 'p_lose', to: 'p_win' }],
    );

    expect(outcome).toBe('written');
    expect(await readOne('p_lose')).toEqual(merged('p_lose', 2));
    expect((await index.lookUp(['email#1', 'email#2'])).owners).toEqual(
      new Map([
        ['email#1', 'p_win'],
        ['email#2', 'p_win'],
      ]),
    );
  });

  it('are not written at all when one of them, or one move, lost a race', async () => {
    await index.claim([{ key: 'race#1', profile: 'p_x' }]);
    await store.write([person('p_x'), person('p_y')]);
    const both = [at(1, person('p_x')), at(1, person('p_y'))];

    expect(await store.writeTogether([both[0] as StoredProfile, at(7, person('p_y'))], [], [])).toBe('conflict');
    expect(await store.writeTogether(both, [{ key: 'race#1', from: 'p_y', to: 'p_x' }], [])).toBe('conflict');
    expect(await store.writeTogether([at(0, person('p_x'))], [], [])).toBe('conflict');
    expect(await readOne('p_x')).toMatchObject({ version: 1 });
  });

  it('leave out what may wait when there is no room for it', async () => {
    const keys = Array.from({ length: 120 }, (_, n) => `room#${n}`);
    await index.claim(keys.map((key) => ({ key, profile: 'p_old' })));
    const moves = keys.map((key) => ({ key, from: 'p_old', to: 'p_new' }));
    await store.write([person('p_new')]);

    expect(await store.writeTogether([at(1, person('p_new'))], [], moves)).toBe('written');
    expect(await store.writeTogether([at(2, person('p_new'))], moves, [])).toBe('too-large');

    const owners = [...(await index.lookUp(keys)).owners.values()];
    expect(owners.filter((owner) => owner === 'p_new')).toHaveLength(99);
  });

  it('count as written when only the answer was lost', async () => {
    await store.write([person('p_lost')]);
    loseNextAnswer(dynamo.client, 'TransactWriteItems');

    expect(await store.writeTogether([at(1, person('p_lost'))], [], [])).toBe('written');
    expect(await readOne('p_lost')).toMatchObject({ version: 2 });
    openStores();
  });
});

describe('a write whose answer was lost', () => {
  it('reads as a conflict, and the profile is there to be read again', async () => {
    loseNextAnswer(dynamo.client, 'BatchExecuteStatement');

    expect((await store.write([person('p_unheard')])).get('p_unheard')).toBe('conflict');
    expect(await readOne('p_unheard')).toMatchObject({ version: 1 });
    openStores();
  });
});

describe('identity index', () => {
  it('gives a key to the first who claims it', async () => {
    expect(
      await index.claim([
        { key: 'a#1', profile: 'p_1' },
        { key: 'b#1', profile: 'p_1' },
      ]),
    ).toEqual(new Set());
    expect(
      await index.claim([
        { key: 'a#1', profile: 'p_2' },
        { key: 'c#1', profile: 'p_2' },
      ]),
    ).toEqual(new Set(['a#1']));

    const { owners: found } = await index.lookUp(['a#1', 'b#1', 'c#1', 'd#1']);
    expect([...found].sort()).toEqual([
      ['a#1', 'p_1'],
      ['b#1', 'p_1'],
      ['c#1', 'p_2'],
    ]);
  });

  it('looks up a key once that is asked for twice, and any number of keys', async () => {
    const keys = Array.from({ length: 250 }, (_, n) => `wide#${n}`);
    await index.claim(keys.map((key) => ({ key, profile: 'p_wide' })));

    expect((await index.lookUp([...keys, ...keys])).owners.size).toBe(250);
  });

  it('refuses a claim whose answer was lost; the key leads to who claimed it', async () => {
    loseNextAnswer(dynamo.client, 'BatchExecuteStatement');

    expect(await index.claim([{ key: 'lost#1', profile: 'p_me' }])).toEqual(new Set(['lost#1']));
    expect((await index.lookUp(['lost#1'])).owners).toEqual(new Map([['lost#1', 'p_me']]));
    openStores();
  });

  it('gives a key of an erased person to who may take it, once, and remembers the erasure', async () => {
    await index.claim([{ key: 'dead#1', profile: 'p_dead' }]);

    expect(await index.claim([{ key: 'dead#1', profile: 'p_new' }])).toEqual(new Set(['dead#1']));
    const taking = { key: 'dead#1', profile: 'p_new', over: 'p_dead', erased: NOW };
    expect(await index.claim([taking])).toEqual(new Set());
    expect(await index.claim([{ ...taking, profile: 'p_late' }])).toEqual(new Set(['dead#1']));
    expect(await index.claim([{ key: 'fresh#1', profile: 'p_new', erased: NOW }])).toEqual(new Set());

    const found = await index.lookUp(['dead#1', 'fresh#1']);
    expect(Object.fromEntries(found.owners)).toEqual({ 'dead#1': 'p_new', 'fresh#1': 'p_new' });
    expect(Object.fromEntries(found.erased)).toEqual({ 'dead#1': NOW, 'fresh#1': NOW });
  });
});

describe('a hint about a record', () => {
  it('is known until the record was read again after it, and only where it leads to somebody', async () => {
    const keys = ['hint#1', 'nobody#1'];
    const hinted = async () => Object.fromEntries((await index.lookUp(keys)).hinted);
    await index.claim([{ key: 'hint#1', profile: 'p_1' }]);

    await index.note('hinted', keys, NOW + 2);
    await index.note('hinted', keys, NOW + 1);
    expect(await hinted()).toEqual({ 'hint#1': NOW + 2 });
    await index.note('reread', keys, NOW + 1);
    expect(await hinted()).toEqual({ 'hint#1': NOW + 2 });
    await index.note('reread', keys, NOW + 3);
    await index.note('reread', keys, NOW + 1);
    await index.note('hinted', keys, NOW + 3);

    expect(await hinted()).toEqual({});
    expect([...(await index.lookUp(keys)).owners.keys()]).toEqual(['hint#1']);
  });

  it('stays known when its key is moved to another person', async () => {
    await index.claim([{ key: 'hint#2', profile: 'p_1' }]);
    await index.note('hinted', ['hint#2'], NOW);

    await store.writeTogether([person('p_2')], [{ key: 'hint#2', from: 'p_1', to: 'p_2' }], []);

    const { hinted, owners } = await index.lookUp(['hint#2']);
    expect([hinted.get('hint#2'), owners.get('hint#2')]).toEqual([NOW, 'p_2']);
  });
});

describe('a mark of suppression', () => {
  it('stands on a key whoever it leads to, and makes a claim that has not seen it look again', async () => {
    await index.claim([{ key: 'held#1', profile: 'p_held' }]);
    for (const key of ['held#1', 'free#1', 'free#1']) await index.mark(key, true);
    await index.mark('never#1', false);

    const marked = await index.lookUp(['held#1', 'free#1', 'never#1']);
    const unseen = await index.claim([{ key: 'free#1', profile: 'p_new' }]);
    const seen = await index.claim([{ key: 'free#1', profile: 'p_new', vacant: true }]);
    const late = await index.claim([{ key: 'free#1', profile: 'p_late', vacant: true }]);
    await index.mark('held#1', false);
    const after = await index.lookUp(['held#1', 'free#1', 'never#1']);

    expect([marked.suppressed, marked.vacant]).toEqual([new Set(['held#1', 'free#1']), new Set(['free#1'])]);
    expect(marked.owners).toEqual(new Map([['held#1', 'p_held']]));
    expect([unseen, seen, late]).toEqual([new Set(['free#1']), new Set(), new Set(['free#1'])]);
    expect([after.suppressed, after.vacant]).toEqual([new Set(['free#1']), new Set()]);
    expect(Object.fromEntries(after.owners)).toEqual({ 'held#1': 'p_held', 'free#1': 'p_new' });
  });

  it('keeps when the person was erased to whom a key of a former generation led', async () => {
    await index.mark('again#2', true);

    await index.claim([{ key: 'again#2', profile: 'p_back', vacant: true, erased: NOW }]);

    const found = await index.lookUp(['again#2']);
    expect(found.owners.get('again#2')).toBe('p_back');
    expect(found.erased.get('again#2')).toBe(NOW);
    expect(found.suppressed).toEqual(new Set(['again#2']));
  });
});

describe('a tombstone', () => {
  it('takes the place of a profile on condition that nobody wrote it, and is not written over', async () => {
    const alive = person('p_dies', { flipsAt: NOW, dueAt: NOW });
    await store.write([alive]);
    const remains = { fragments: ['crm:contact:1'], profiles: ['p_dies'], accounts: [], segments: [], audiences: [] };
    const tombstone = { id: 'p_dies', version: 1, erased: NOW, remains, outbox: [], dueAt: null } as const;

    expect(await store.writeTogether([{ ...tombstone, version: 7 }], [], [])).toBe('conflict');
    expect(await store.writeTogether([tombstone], [], [])).toBe('written');

    expect(await readOne('p_dies')).toEqual({ ...tombstone, version: 2 });
    for (const version of [0, 1]) {
      expect((await store.write([{ ...alive, version }])).get('p_dies')).toBe('conflict');
    }
    const { remains: _, ...bare } = tombstone;
    expect(await store.writeTogether([{ ...bare, version: 2 }], [], [])).toBe('written');
    expect(await readOne('p_dies')).toEqual({ ...bare, version: 3 });
    for await (const ids of store.due(NOW - HOUR, NOW + HOUR)) expect(ids).not.toContain('p_dies');
  });
});
