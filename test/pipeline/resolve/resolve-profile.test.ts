import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import { viewOf } from '../../../lib/domain/person-view.ts';
import { evaluate } from '../../../lib/domain/segment/evaluate.ts';
import { effectiveTraits } from '../../../lib/domain/survivorship.ts';
import type { Clock } from '../../../lib/pipeline/ports.ts';
import { resolveProfile, type Work } from '../../../lib/pipeline/resolve/resolve-profile.ts';
import { Death, type Fate, type MemoryStores, openMemoryStores } from '../memory-stores.ts';
import { anyChanges, compiled, definitions, NOW, peopleText, reference } from '../world.ts';

const RUNS = Number(process.env.TRIBUTARY_RUNS ?? 300);
const key = { secret: 'a test key that is long enough to be one', generation: 1 };

function openResolve(stores: MemoryStores, random: () => number = Math.random, by = compiled) {
  const clock: Clock = { now: () => new Date(NOW), wait: () => new Promise((done) => setImmediate(done)), random };
  const recompute = { send: async () => {} };
  return resolveProfile({
    ...stores,
    recompute,
    versions: async () => undefined,
    compiled: async () => by,
    key,
    tooLarge: async () => {},
    clock,
    log: () => {},
  });
}

const work = (changes: readonly Change[]): Work => ({ changes, profiles: [], accounts: [] });

/** Delivers messages until every one is acknowledged, as a queue does: a death or a failure brings them again. */
async function deliver(stores: MemoryStores, messages: readonly (readonly Change[])[], most = 200): Promise<void> {
  const resolve = openResolve(stores);
  let left = messages.map((changes) => work(changes));
  for (let attempt = 0; left.length > 0; attempt += 1) {
    if (attempt === most) throw new Error(`${left.length} messages never got through`);
    try {
      const { failed } = await resolve(left);
      left = left.filter((_, position) => failed.has(position));
    } catch (error) {
      if (!(error instanceof Death)) throw error;
    }
  }
}

const texts = (stores: MemoryStores) =>
  stores
    .living()
    .filter(({ fragments }) => Object.keys(fragments).length > 0)
    .map(({ fragments }) => peopleText(fragments))
    .sort();

/** Lets the sweep do its work: whoever owes rows is decided again. */
async function sweep(stores: MemoryStores): Promise<void> {
  const ids = [...stores.living(), ...stores.pointers()].filter(({ outbox }) => outbox.length > 0).map(({ id }) => id);
  await openResolve(stores)([{ changes: [], profiles: ids, accounts: [] }]);
}

function seededFate(seed: number, rate: number): Fate {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const at = (state >>> 8) / 2 ** 24;
    return at < rate / 2 ? 'dies-before' : at < rate ? 'dies-after' : 'lives';
  };
}

describe('resolveProfile', () => {
  it('ends in the same people whatever the order, the packing and the repetition', async () => {
    const worlds = fc.tuple(anyChanges, fc.infiniteStream(fc.nat()));
    await fc.assert(
      fc.asyncProperty(worlds, async ([changes, dice]) => {
        const stores = openMemoryStores();
        const thrice = [...changes, ...changes, ...changes];
        for (let last = thrice.length - 1; last > 0; last -= 1) {
          const other = (dice.next().value as number) % (last + 1);
          [thrice[last], thrice[other]] = [thrice[other] as Change, thrice[last] as Change];
        }
        for (let start = 0; start < thrice.length; ) {
          const size = 1 + ((dice.next().value as number) % 4);
          await deliver(stores, [thrice.slice(start, start + size)]);
          start += size;
        }

        expect(texts(stores)).toEqual(reference(changes));
      }),
      { numRuns: RUNS },
    );
  });

  it('ends in the same people when writers run beside each other and die at any operation', async () => {
    await fc.assert(
      fc.asyncProperty(anyChanges, fc.integer({ min: 1, max: 2 ** 31 }), async (changes, seed) => {
        const stores = openMemoryStores(seededFate(seed, 0.06));
        const shares = [0, 1, 2].map((share) =>
          changes.filter((_, position) => position % 3 === share || position % 3 === (share + 1) % 3),
        );
        await Promise.all(
          shares.map((share) =>
            deliver(
              stores,
              share.map((change) => [change]),
            ),
          ),
        );

        expect(texts(stores)).toEqual(reference(changes));
      }),
      { numRuns: RUNS },
    );
  });

  it('leaves rows that say exactly what the profiles say, once the sweep has passed', async () => {
    await fc.assert(
      fc.asyncProperty(anyChanges, fc.integer({ min: 1, max: 2 ** 31 }), async (changes, seed) => {
        let dying = true;
        const fate = seededFate(seed, 0.08);
        const stores = openMemoryStores(() => (dying ? fate() : 'lives'));
        await deliver(
          stores,
          changes.map((change) => [change]),
        );
        dying = false;
        await sweep(stores);

        const members = stores
          .rows()
          .flatMap((row) => (row.row === 'segment' && row.member ? [`${row.segment} ${row.profile}`] : []))
          .sort();
        const expected = stores.living().flatMap((profile) => {
          const view = viewOf(profile, effectiveTraits(profile, definitions.identity.priorities));
          const decided = [...evaluate(compiled.program, view, NOW)].filter(([, { member }]) => member);
          return decided.map(([segment]) => `${segment} ${profile.id}`);
        });
        expect(members).toEqual(expected.sort());
        const wanted = stores.rows().flatMap((row) => (row.row === 'audience' && row.wanted.in ? [row.profile] : []));
        const reachable = stores.living().flatMap((one) => (one.wanted['to-tool']?.in === true ? [one.id] : []));
        expect(wanted.sort()).toEqual(reachable.sort());
        expect(stores.living().every(({ outbox }) => outbox.length === 0)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it('writes nothing when a change tells nothing new', async () => {
    const stores = openMemoryStores();
    const change: Change = {
      kind: 'profile',
      fragment: 'crm:contact:1',
      at: '2026-11-01T00:00:00Z',
      identifiers: [{ type: 'email', value: 'ann@example.com' }],
      traits: { stage: 'customer' },
    };
    await deliver(stores, [[change]]);
    const before = stores.living();

    const result = await openResolve(stores)([work([change])]);

    expect(result).toMatchObject({ written: 0, unchanged: 1 });
    expect(stores.living()).toEqual(before);
  });

  it('moves a record to its new address owner and leaves the old one behind', async () => {
    const stores = openMemoryStores();
    const email = (value: string) => [{ type: 'email', value }];
    await deliver(stores, [
      [
        {
          kind: 'profile',
          fragment: 'crm:contact:1',
          at: '2026-11-01T00:00:00Z',
          identifiers: email('ann@example.com'),
          traits: {},
        },
      ],
      [
        {
          kind: 'profile',
          fragment: 'mail:member:a',
          at: '2026-11-02T00:00:00Z',
          identifiers: email('ann@example.com'),
          traits: {},
        },
      ],
      [
        {
          kind: 'profile',
          fragment: 'mail:member:b',
          at: '2026-11-02T00:00:00Z',
          identifiers: email('bob@example.com'),
          traits: {},
        },
      ],
    ]);
    expect(
      stores
        .living()
        .map(({ fragments }) => Object.keys(fragments).sort())
        .sort(),
    ).toEqual([['crm:contact:1', 'mail:member:a'], ['mail:member:b']]);

    await deliver(stores, [
      [
        {
          kind: 'profile',
          fragment: 'crm:contact:1',
          at: '2026-11-03T00:00:00Z',
          identifiers: email('bob@example.com'),
          traits: {},
        },
      ],
    ]);

    expect(
      stores
        .living()
        .map(({ fragments }) => Object.keys(fragments).sort())
        .sort(),
    ).toEqual([['crm:contact:1', 'mail:member:b'], ['mail:member:a']]);
  });

  it('brings again a message that asks by a former id and does not get through', async () => {
    const stores = openMemoryStores();
    const [ann, bob] = ['ann@example.com', 'bob@example.com'].map((value) => ({ type: 'email', value }));
    const stated = (id: string, ...identifiers: readonly (typeof ann)[]): Change =>
      ({ kind: 'profile', fragment: `crm:contact:${id}`, at: '2026-11-01T00:00:00Z', identifiers }) as Change;
    await deliver(stores, [[stated('1', ann)], [stated('2', bob)]]);
    await deliver(stores, [[stated('3', ann, bob)]]);
    const [pointer] = stores.pointers();
    const others = { ...compiled, definitions: { ...definitions, version: 'others' } };
    const profiles = {
      ...stores.profiles,
      write: async (batch: readonly { readonly id: string }[]) =>
        new Map(batch.map(({ id }) => [id, 'conflict'] as const)),
    };

    const resolve = openResolve({ ...stores, profiles }, Math.random, others);
    const { failed } = await resolve([{ changes: [], profiles: [pointer?.id ?? ''], accounts: [] }]);

    expect([...failed]).toEqual([0]);
  });
});
