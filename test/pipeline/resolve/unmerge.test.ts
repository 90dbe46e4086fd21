import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText } from '../../../lib/domain/canonical.ts';
import { type Change, type Identifier, isTold, type ProfileChange } from '../../../lib/domain/change.ts';
import { normaliseIdentifier } from '../../../lib/domain/identifier.ts';
import type { Profile } from '../../../lib/domain/profile.ts';
import type { QueueMessage } from '../../../lib/pipeline/ports.ts';
import { listMerges, sendUnmerge } from '../../../lib/pipeline/resolve/merges.ts';
import { deliver, recordsIn, standingClock } from '../delivering.ts';
import { type MemoryStores, openMemoryStores } from '../memory-stores.ts';
import { anyEvidence, compiled, compiledTight, definitions, NOW, peopleText, tight } from '../world.ts';

const RUNS = Number(process.env.TRIBUTARY_RUNS ?? 250);
const { identity } = definitions;

const told = (
  fragment: string,
  at: string,
  traits: Readonly<Record<string, string>>,
  ...emails: string[]
): ProfileChange => ({
  kind: 'profile',
  fragment,
  at,
  traits,
  identifiers: emails.map((value) => ({ type: 'email', value })),
});

/** Undoes the evidence of somebody as `tributary unmerge` does; the change that it sent. */
async function unmerge(stores: MemoryStores, profile: Profile, edge: string, world = compiled): Promise<Change> {
  const sent: QueueMessage[] = [];
  const changes = { send: async (messages: readonly QueueMessage[]) => void sent.push(...messages) };
  const change = await sendUnmerge(
    { changes, clock: standingClock },
    await listMerges(stores, profile, world.definitions.identity),
    edge,
  );
  expect(sent.map(({ body }) => body)).toEqual([
    { origin: 'delivery', connection: change.fragment.split(':')[0], changes: [change] },
  ]);
  await deliver(stores, [[change]], { compiled: async () => world });
  return change;
}

/** Everybody with what was decided about them, as bytes; what an unmerge took away counts as never stated. */
function everybody(stores: MemoryStores): string[] {
  return stores
    .living()
    .filter(({ fragments }) => Object.keys(fragments).length > 0)
    .map(({ fragments, memberships, wanted: decided, refused }) => {
      // Whoever was in the segment for a while is as whoever never was, but for a row that says so.
      const wanted = Object.entries(decided).filter(([, one]) => one.in || one.reason !== 'not-in-segment');
      const stated = Object.entries(fragments).map(([id, { apart: _, taken, ...fragment }]) => {
        const identifiers = Object.entries(fragment.identifiers).map(([type, values]) => {
          const left = Object.entries(values).filter(([value]) => taken?.[`${type}\n${value}`] === undefined);
          return [type, Object.fromEntries(left)] as const;
        });
        const kept = identifiers.filter(([, values]) => Object.keys(values).length > 0);
        return [id, { ...fragment, identifiers: Object.fromEntries(kept) }] as const;
      });
      return `${peopleText(Object.fromEntries(stated))} ${canonicalText({ memberships, wanted, refused })}`;
    })
    .sort();
}

/** The changes as if the record had never stated the identifier. */
function without(changes: readonly Change[], fragment: string, identifier: Identifier): Change[] {
  const isIt = (raw: Identifier): boolean => {
    const normalised = normaliseIdentifier(raw);
    return normalised.ok && canonicalText(normalised.identifier) === canonicalText(identifier);
  };
  return changes.map((change) =>
    'fragment' in change && change.fragment === fragment && isTold(change)
      ? { ...change, identifiers: (change.identifiers ?? []).filter((one) => !isIt(one)) }
      : change,
  );
}

describe('an unmerge', () => {
  it('leaves both people as if the evidence had never been stated, with what has come since', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvidence, anyEvidence, fc.nat(), async (before, since, pick) => {
        const stores = openMemoryStores();
        const given = { compiled: async () => compiledTight };
        await deliver(stores, [before], given);
        const found = await Promise.all(
          stores.living().map(async (profile) => ({ profile, ...(await listMerges(stores, profile, tight.identity)) })),
        );
        const edges = found.flatMap(({ profile, merges }) => merges.map((line) => ({ profile, line })));
        fc.pre(edges.length > 0);
        const { profile, line } = edges[pick % edges.length] as (typeof edges)[number];

        await unmerge(stores, profile, line.edge, compiledTight);
        await deliver(stores, [since], given);

        const world = openMemoryStores();
        const apart: Change = {
          kind: 'unmerge',
          fragment: line.fragment,
          from: line.joins,
          at: new Date(NOW).toISOString(),
        };
        await deliver(world, [[...without([...before, ...since], line.fragment, line.identifier), apart]], given);
        expect(everybody(stores)).toEqual(everybody(world));
      }),
      { numRuns: RUNS },
    );
  });

  it('gives each person their own back: traits, activities, consent, membership, list', async () => {
    const stores = openMemoryStores();
    const ann = told('crm:contact:1', '2026-11-01T00:00:00Z', { name: 'Ann', stage: 'customer' }, 'ann@example.com');
    const bob = told('mail:member:a', '2026-11-02T00:00:00Z', { name: 'Bob' }, 'bob@example.com');
    const mistake = told('mail:member:a', '2026-11-03T00:00:00Z', {}, 'ann@example.com');
    await deliver(stores, [[ann], [bob]]);
    const apart = everybody(stores);
    const ids = stores.living().map(({ id }) => id);
    await deliver(stores, [[mistake]]);
    expect(recordsIn(stores)).toEqual([['crm:contact:1', 'mail:member:a']]);
    const [person] = stores.living();
    const merges = await listMerges(stores, person as Profile, identity);
    expect(merges.merges).toMatchObject([
      { fragment: 'mail:member:a', joins: 'crm:contact:1', identifier: { type: 'email', value: 'ann@example.com' } },
    ]);

    await unmerge(stores, person as Profile, merges.merges[0]?.edge ?? '');

    expect(everybody(stores)).toEqual(apart);
    expect(
      stores
        .living()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(ids.sort());
  });

  it('holds when the same evidence comes again, and by the way round through others', async () => {
    const stores = openMemoryStores();
    const ann = told('crm:contact:1', '2026-11-01T00:00:00Z', {}, 'ann@example.com');
    const bob = told('crm:contact:2', '2026-11-02T00:00:00Z', {}, 'ann@example.com');
    await deliver(stores, [[ann], [bob]]);
    const [person] = stores.living();
    const { merges } = await listMerges(stores, person as Profile, identity);
    await unmerge(stores, person as Profile, merges[0]?.edge ?? '');

    const phone = { type: 'phone', value: '+4930111111' };
    await deliver(stores, [
      [{ ...bob, at: '2026-11-05T00:00:00Z' }],
      [{ ...ann, identifiers: [{ type: 'email', value: 'ann@example.com' }, phone] }],
      [{ kind: 'profile', fragment: 'crm:lead:3', at: '2026-11-06T00:00:00Z', identifiers: [phone] }],
      [{ kind: 'profile', fragment: 'crm:contact:2', at: '2026-11-07T00:00:00Z', identifiers: [phone] }],
    ]);

    expect(recordsIn(stores)).toEqual([['crm:contact:1', 'crm:lead:3'], ['crm:contact:2']]);
    const second = stores.living().find(({ fragments }) => 'crm:contact:2' in fragments);
    const { refused, apart } = await listMerges(stores, second as Profile, identity);
    expect(refused.map(({ identifier, because }) => [identifier.type, because])).toEqual([['phone', 'unmerged']]);
    expect(apart).toMatchObject([{ fragment: 'crm:contact:2', from: 'crm:contact:1' }]);
  });

  it('can be taken back', async () => {
    const stores = openMemoryStores();
    const ann = told('crm:contact:1', '2026-11-01T00:00:00Z', {}, 'ann@example.com');
    const same = told('crm:contact:2', '2026-11-02T00:00:00Z', {}, 'ann@example.com');
    await deliver(stores, [[ann], [same]]);
    const [person] = stores.living();
    const { merges } = await listMerges(stores, person as Profile, identity);
    const change = await unmerge(stores, person as Profile, merges[0]?.edge ?? '');
    expect(recordsIn(stores)).toHaveLength(2);

    await deliver(stores, [[{ ...change, at: new Date(NOW + 1).toISOString(), undone: true } as Change]]);

    expect(recordsIn(stores)).toEqual([['crm:contact:1', 'crm:contact:2']]);
  });

  it('is refused for evidence that joins nobody, naming the evidence that does', async () => {
    const stores = openMemoryStores();
    await deliver(stores, [[told('crm:contact:1', '2026-11-01T00:00:00Z', {}, 'ann@example.com')]]);
    const [person] = stores.living();
    const merges = await listMerges(stores, person as Profile, identity);
    const changes = { send: async () => expect.unreachable('nothing is sent') };

    await expect(sendUnmerge({ changes, clock: standingClock }, merges, 'e_unknown')).rejects.toMatchObject({
      code: 'api/no-such-edge',
      kind: 'rejected',
    });
  });
});
