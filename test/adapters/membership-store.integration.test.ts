import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Dynamo } from '../../lib/adapters/dynamodb/client.ts';
import { openMembershipStore } from '../../lib/adapters/dynamodb/membership-store.ts';
import type { Wanted } from '../../lib/domain/profile.ts';
import type { AudienceRow, FollowRow, MembershipStore, ToldSide } from '../../lib/pipeline/ports.ts';
import { createTables, withEngines } from '../engines.ts';
import { loseNextAnswer, openTestDynamo, playInTurns } from './opened-dynamo.ts';

const RUNS = Number(process.env.TRIBUTARY_RUNS ?? 60);
const NOW = Date.parse('2026-11-21T12:30:00.000Z');
const engines = withEngines();
let dynamo: Dynamo;
let store: MembershipStore;

function openStore(): void {
  dynamo = openTestDynamo(engines().dynamodbUrl);
  store = openMembershipStore(dynamo, 'rows-memberships', () => new Date(NOW));
}

beforeAll(async () => {
  await createTables(engines().dynamodb, 'rows-');
  openStore();
});

const segmentRow = (segment: string, profile: string, version: number, member: boolean): FollowRow => ({
  row: 'segment',
  segment,
  profile,
  version,
  member,
  at: NOW,
});
const inAs = (value: string): Wanted => ({ in: true, keys: [{ type: 'email', value }] });
const out: Wanted = { in: false, reason: 'not-in-segment' };
const audienceRow = (audience: string, profile: string, version: number, wanted: Wanted): FollowRow => ({
  row: 'audience',
  audience,
  profile,
  version,
  wanted,
});
const told = (given: Partial<ToldSide> = {}): ToldSide => ({
  in: true,
  keys: [],
  outcome: 'applied',
  run: 'r',
  at: NOW,
  ...given,
});

async function all<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const found: T[] = [];
  for await (const page of pages) found.push(...page);
  return found;
}

async function rowOf(audience: string, profile: string): Promise<AudienceRow> {
  const row = (await store.readAudienceRows(audience, [profile])).get(profile);
  if (row === undefined) throw new Error('the row is there');
  return row;
}

describe('rows of segments', () => {
  it('say who is in, and since when', async () => {
    await store.writeRows([
      segmentRow('s1', 'p_1', 1, true),
      segmentRow('s1', 'p_2', 1, true),
      segmentRow('s1', 'p_3', 1, false),
    ]);

    expect((await all(store.segmentMembers('s1'))).map(({ profile }) => profile).sort()).toEqual(['p_1', 'p_2']);
    expect(await store.countSegment('s1')).toBe(2);
    expect((await all(store.segmentMembers('s1')))[0]?.since).toBe(NOW);
  });

  it('are never overwritten by an older version, in whatever order they are written', async () => {
    const versions = [
      segmentRow('s2', 'p_1', 1, true),
      segmentRow('s2', 'p_1', 2, false),
      segmentRow('s2', 'p_1', 3, true),
    ];
    for (const order of [
      [2, 0, 1, 2],
      [1, 0],
      [0, 1, 0],
    ]) {
      const profile = `p_${order.join('')}`;
      for (const at of order) await store.writeRows([{ ...versions[at], profile } as FollowRow]);
    }

    const present = (await all(store.segmentMembers('s2'))).map(({ profile }) => profile);
    expect(present).toEqual(['p_2012']);
  });

  it('say in the end what the newest version says, whichever requests of others come between', async () => {
    let played = 0;
    const versions = fc.array(fc.boolean(), { minLength: 2, maxLength: 3 });
    const order = fc.array(fc.nat({ max: 5 }), { minLength: 8, maxLength: 8 });
    const property = fc.asyncProperty(versions, order, async (members, turns) => {
      const segment = `turns-${played++}`;
      const writers = members.map((member, at) => async (own: Dynamo) => {
        const rows = openMembershipStore(own, 'rows-memberships', () => new Date(NOW));
        await rows.writeRows([segmentRow(segment, 'p_1', at + 1, member)]);
      });
      await playInTurns(engines().dynamodbUrl, writers, turns);

      expect(await store.countSegment(segment)).toBe(members.at(-1) === true ? 1 : 0);
    });
    await fc.assert(property, { numRuns: RUNS });
  });

  it('of who left expire, unless they come back', async () => {
    const expires = async () => {
      const shards = Array.from({ length: 8 }, (_, shard) => shard);
      const items = await Promise.all(
        shards.map((shard) =>
          dynamo.client.send(
            new GetItemCommand({
              TableName: 'rows-memberships',
              Key: { owner: { S: `segment:s3#${shard}` }, profile: { S: 'p_1' } },
            }),
          ),
        ),
      );
      return items.flatMap(({ Item }) => (Item === undefined ? [] : [Item.expires?.N]));
    };
    await store.writeRows([segmentRow('s3', 'p_1', 1, true)]);
    expect(await expires()).toEqual([undefined]);
    await store.writeRows([segmentRow('s3', 'p_1', 2, false)]);
    expect(Number((await expires())[0])).toBeGreaterThan(NOW / 1_000);

    await store.writeRows([segmentRow('s3', 'p_1', 3, true)]);

    expect(await expires()).toEqual([undefined]);
  });

  it('are written once when the answer was lost', async () => {
    for (const [version, member] of [
      [1, true],
      [2, false],
    ] as const) {
      loseNextAnswer(dynamo.client, 'BatchExecuteStatement');
      await store.writeRows([segmentRow('s4', 'p_1', version, member)]);
      expect(await store.countSegment('s4')).toBe(member ? 1 : 0);
      openStore();
    }
  });

  it('of accounts name the people who belong to them', async () => {
    const link = (profile: string, version: number, linked: boolean): FollowRow => ({
      row: 'account',
      account: 'crm:account:1',
      profile,
      version,
      linked,
    });
    await store.writeRows([link('p_1', 1, true), link('p_2', 1, true)]);
    await store.writeRows([link('p_2', 2, false), link('p_1', 1, false)]);

    expect(await all(store.accountPeople('crm:account:1'))).toEqual(['p_1']);
  });
});

describe('rows of audiences', () => {
  it('are pending from when they are wanted until both sides agree', async () => {
    await store.writeRows([audienceRow('a1', 'p_1', 1, inAs('ann@example.com')), audienceRow('a1', 'p_2', 1, out)]);
    expect(await all(store.pending('a1'))).toEqual(['p_1']);

    const moved = await store.settle('a1', [{ row: await rowOf('a1', 'p_1'), told: told(), pending: false }]);

    expect(moved.size).toBe(0);
    expect(await all(store.pending('a1'))).toEqual([]);
    expect(await rowOf('a1', 'p_1')).toMatchObject({
      wanted: { in: true },
      told: { outcome: 'applied' },
      toldVersion: 1,
      pending: false,
    });

    await store.writeRows([audienceRow('a1', 'p_1', 2, out)]);
    expect(await all(store.pending('a1'))).toEqual(['p_1']);
  });

  it('stay pending with the answer of the tool when they are wanted otherwise meanwhile', async () => {
    await store.writeRows([audienceRow('a2', 'p_1', 1, inAs('ann@example.com'))]);
    const row = await rowOf('a2', 'p_1');
    await store.writeRows([audienceRow('a2', 'p_1', 2, out)]);

    const moved = await store.settle('a2', [{ row, told: told(), pending: false }]);

    expect(moved).toEqual(new Set(['p_1']));
    expect(await rowOf('a2', 'p_1')).toMatchObject({
      wanted: { in: false },
      told: { in: true },
      wantedVersion: 2,
      pending: true,
    });
  });

  it('do not take an answer that is older than the one they have', async () => {
    await store.writeRows([audienceRow('a3', 'p_1', 1, inAs('ann@example.com'))]);
    const row = await rowOf('a3', 'p_1');
    await store.settle('a3', [{ row, told: told({ outcome: 'refused', in: false }), pending: false }]);

    const moved = await store.settle('a3', [{ row, told: told(), pending: true }]);

    expect(moved).toEqual(new Set(['p_1']));
    expect(await rowOf('a3', 'p_1')).toMatchObject({ told: { outcome: 'refused' }, toldVersion: 1, pending: false });
  });

  it('become pending again when asked, and stop being so without an answer', async () => {
    await store.writeRows([audienceRow('a4', 'p_1', 1, inAs('ann@example.com'))]);
    await store.settle('a4', [{ row: await rowOf('a4', 'p_1'), pending: false }]);
    expect(await rowOf('a4', 'p_1')).toMatchObject({ pending: false, toldVersion: 0 });

    await store.settle('a4', [
      { row: await rowOf('a4', 'p_1'), told: told({ in: false, outcome: 'unmatched' }), pending: true },
    ]);

    expect(await all(store.pending('a4'))).toEqual(['p_1']);
  });

  it('keep what the tool was told when an older wanted side comes late', async () => {
    await store.writeRows([audienceRow('a5', 'p_1', 5, inAs('ann@example.com'))]);
    await store.settle('a5', [{ row: await rowOf('a5', 'p_1'), told: told(), pending: false }]);

    await store.writeRows([audienceRow('a5', 'p_1', 4, out), audienceRow('a5', 'p_2', 1, out)]);
    await store.writeRows([audienceRow('a5', 'p_1', 5, inAs('ann@example.com'))]);

    expect(await rowOf('a5', 'p_1')).toMatchObject({
      wantedVersion: 5,
      wanted: { in: true },
      toldVersion: 1,
      pending: false,
    });
    expect(await all(store.audienceRows('a5'))).toHaveLength(2);
  });

  it('are settled once when the answer was lost', async () => {
    await store.writeRows([audienceRow('a6', 'p_1', 1, inAs('ann@example.com'))]);
    const row = await rowOf('a6', 'p_1');
    loseNextAnswer(dynamo.client, 'BatchExecuteStatement');

    await store.settle('a6', [{ row, told: told(), pending: false }]);

    expect(await rowOf('a6', 'p_1')).toMatchObject({ toldVersion: 1, told: { outcome: 'applied' }, pending: false });
    openStore();
  });

  it('are read once by key, however often they are asked for', async () => {
    expect((await store.readAudienceRows('a5', ['p_1', 'p_1', 'p_2', 'p_9'])).size).toBe(2);
  });
});

describe('people found on a list', () => {
  const LATER = NOW + 86_400_000;
  const found = told({ keys: [{ type: 'email', value: 'x@example.org' }], code: 'verify/added-by-hand' });

  it('get a row that nobody wants, once, and pending where something is to be done', async () => {
    const entering = [
      { profile: 'listed:a', told: found, pending: true },
      { profile: 'listed:b', told: found, pending: false },
    ];
    const first = await store.enter('found', entering, LATER);
    const second = await store.enter('found', entering, LATER);

    expect([first, second]).toEqual([new Set(), new Set(['listed:a', 'listed:b'])]);
    expect(await rowOf('found', 'listed:a')).toEqual({
      profile: 'listed:a',
      wanted: out,
      wantedVersion: 0,
      told: found,
      toldVersion: 1,
      pending: true,
    });
    expect(await all(store.pending('found'))).toEqual(['listed:a']);
  });

  it('leave the row of somebody we know as it is', async () => {
    await store.writeRows([audienceRow('found', 'p_1', 3, inAs('p1@example.com'))]);

    expect(await store.enter('found', [{ profile: 'p_1', told: found, pending: true }], LATER)).toEqual(
      new Set(['p_1']),
    );
    expect((await rowOf('found', 'p_1')).told).toBeUndefined();
  });

  it('can be settled like any other row', async () => {
    await store.enter('found', [{ profile: 'listed:c', told: found, pending: true }], LATER);
    const row = await rowOf('found', 'listed:c');

    await store.settle('found', [{ row, told: told({ in: false }), pending: false }]);

    expect(await rowOf('found', 'listed:c')).toMatchObject({ told: { in: false }, toldVersion: 2, pending: false });
  });
});

describe('parts of an audience', () => {
  it('hold every row once', async () => {
    const rows = Array.from({ length: 40 }, (_, n) => audienceRow('parts', `p_${n}`, 1, inAs(`p${n}@example.com`)));
    await store.writeRows(rows);

    const parts = await Promise.all(
      Array.from({ length: store.audienceParts }, (_, part) => all(store.audienceRows('parts', part))),
    );

    const names = parts.flat().map(({ profile }) => profile);
    expect(names.sort()).toEqual(rows.map(({ profile }) => profile).sort());
    expect(parts.filter((part) => part.length > 0).length).toBeGreaterThan(1);
  });
});

describe('eraseRows', () => {
  it("deletes people's rows of one owner, whatever they say, and no others", async () => {
    await store.writeRows([
      audienceRow('erasing', 'p_dies', 1, inAs('ann@example.com')),
      audienceRow('erasing', 'p_lives', 1, inAs('bob@example.com')),
      segmentRow('erasing', 'p_dies', 1, true),
    ]);

    await store.eraseRows('audience', 'erasing', ['p_dies', 'p_never']);

    expect([...(await store.readAudienceRows('erasing', ['p_dies', 'p_lives'])).keys()]).toEqual(['p_lives']);
    expect(await store.countSegment('erasing')).toBe(1);
    await store.eraseRows('segment', 'erasing', ['p_dies']);
    expect(await store.countSegment('erasing')).toBe(0);
  });
});
