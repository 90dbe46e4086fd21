import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import type { IdentityKey } from '../../../lib/domain/identifier.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { publishDefinitions } from '../../../lib/pipeline/define/switch-definitions.ts';
import { findPerson } from '../../../lib/pipeline/describe/find-person.ts';
import type { StateStore } from '../../../lib/pipeline/ports.ts';
import {
  readSuppressions,
  type Suppression,
  suppressPeople,
  suppressPerson,
  unsuppressPerson,
} from '../../../lib/pipeline/resolve/suppression.ts';
import { openPublishedWorld, publishable } from '../define/published-world.ts';
import { identityKey } from '../delivering.ts';
import { NOW } from '../world.ts';

const HOUR = 3_600_000;
const order = { by: 'ops', reason: 'asked by letter' };
const ann = 'ann@example.com';
const old = 'ann.before@example.com';
const bob = 'bob@example.com';

const contact = (id: string, hours: number, ...addresses: readonly string[]): Change => ({
  kind: 'profile',
  fragment: `crm:contact:${id}`,
  at: new Date(NOW + hours * HOUR).toISOString(),
  identifiers: addresses.map((value) => ({ type: 'email', value })),
  traits: { stage: 'customer' },
});

/** The function resolve-profile over memory stores, and the list as the API keeps it. */
async function openWorld() {
  let key: IdentityKey = identityKey;
  const world = openPublishedWorld(undefined, () => key);
  await publishDefinitions(world.deps, publishable);
  await world.drain();
  const sent: Json[] = [];
  const deps = {
    ...world.stores,
    state: world.deps.state,
    clock: world.deps.clock,
    key: async () => key,
    recompute: {
      send: async (messages: readonly { readonly body: Json }[]) => {
        sent.push(...messages.map(({ body }) => body));
      },
    },
  };
  const settle = async (): Promise<void> => {
    for (const body of sent.splice(0)) await world.deliver(body);
    await world.drain();
  };
  return {
    ...world,
    deps,
    sent,
    settle,
    turnKey: (next: IdentityKey) => {
      key = next;
    },
    add: async (who: string) => {
      await suppressPerson(deps, who, order);
      await settle();
    },
    lift: async (who: string) => {
      await unsuppressPerson(deps, who, order);
      await settle();
    },
    /** What the audience wants of whoever is found by that, and what its row says. */
    async wanted(who: string) {
      const person = await findPerson(deps, who);
      const rows = await world.stores.memberships.readAudienceRows('to-tool', [person?.id ?? '']);
      return { decided: said(person?.wanted['to-tool']), row: said([...rows.values()][0]?.wanted) };
    },
  };
}

/** The whole list in the order of its keys, by pages. */
async function everybodyOn(state: StateStore, most = 100) {
  const all: Suppression[] = [];
  for (let after: string | undefined; ; ) {
    const { suppressions, next } = await readSuppressions(state, { most, after });
    all.push(...suppressions);
    if (next === null) return all.reverse();
    after = next;
  }
}

function said(wanted: { readonly in: boolean; readonly reason?: string } | undefined): string {
  return wanted === undefined ? 'nothing' : wanted.in ? 'in' : (wanted.reason ?? '');
}

describe('suppressPerson', () => {
  it('blocks whoever holds the address at once, and nobody else, until it is lifted', async () => {
    const world = await openWorld();
    await world.tell([contact('1', -9, ann), contact('2', -9, bob)]);

    await world.add('Ann@Example.com');
    const during = [await world.wanted(ann), await world.wanted(bob)];
    await world.lift(ann);

    expect(during).toEqual([
      { decided: 'suppressed', row: 'suppressed' },
      { decided: 'in', row: 'in' },
    ]);
    expect(await world.wanted(ann)).toEqual({ decided: 'in', row: 'in' });
  });

  it('holds for somebody who is not known yet, without a value anywhere on the list', async () => {
    const world = await openWorld();
    await world.add(ann);

    await world.tell([contact('1', -9, ann)]);

    expect(await world.wanted(ann)).toEqual({ decided: 'suppressed', row: 'suppressed' });
    const list = await everybodyOn(world.deps.state);
    expect(list).toMatchObject([{ type: 'email', ...order }]);
    expect(JSON.stringify(list)).not.toContain('ann@');
  });

  it('finds an address taken that was suppressed while its first record was on the way', async () => {
    const world = await openWorld();
    const { identities } = world.stores;
    const lookUp = identities.lookUp.bind(identities);
    let first = true;
    identities.lookUp = async (keys) => {
      const found = await lookUp(keys);
      // After the look-up and before the claim.
      if (first) {
        first = false;
        await suppressPerson(world.deps, ann, order);
        for (const body of world.sent.splice(0, 1)) await world.deliver(body);
      }
      return found;
    };

    await world.tell([contact('1', -9, ann)]);

    expect((await world.wanted(ann)).decided).toBe('suppressed');
  });

  it('keeps to the person when the address changes, is merged, and is parted again', async () => {
    const world = await openWorld();
    await world.tell([contact('1', -9, old)]);
    await world.add(old);

    await world.tell([contact('1', -8, ann)]);
    const changed = await world.wanted(ann);
    await world.tell([contact('2', -9, bob)]);
    await world.tell([contact('3', -7, ann, bob)]);
    const merged = [await world.wanted(ann), await world.wanted(bob)];
    const at = new Date(NOW - HOUR).toISOString();
    for (const [fragment, from, value] of [
      ['3', '1', ann],
      ['2', '1', bob],
    ] as const) {
      const pair = { fragment: `crm:contact:${fragment}`, from: `crm:contact:${from}` };
      await world.tell([
        { kind: 'unmerge', at, ...pair, ...(fragment === '3' ? { identifier: { type: 'email', value } } : {}) },
      ]);
    }

    expect(changed.decided).toBe('suppressed');
    expect(merged.map(({ decided }) => decided)).toEqual(['suppressed', 'suppressed']);
    expect((await world.wanted('crm:contact:1')).decided).toBe('suppressed');
    expect((await world.wanted('crm:contact:2')).decided).toBe('in');
  });

  it('ends the same in any order and however often it is said', async () => {
    const steps = [
      ['tell', contact('1', -9, ann)],
      ['tell', contact('2', -8, ann, bob)],
      ['tell', contact('3', -7, bob)],
      ['add', ann],
      ['add', ann],
    ] as const;
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...steps], { minLength: steps.length }), async (order) => {
        const world = await openWorld();
        for (const [what, value] of order) {
          if (what === 'add') await world.add(value);
          else await world.tell([value]);
        }

        for (const who of [ann, bob]) expect((await world.wanted(who)).decided).toBe('suppressed');
        expect(await everybodyOn(world.deps.state)).toHaveLength(1);
      }),
      { numRuns: 40 },
    );
  });

  it('does not come back, once lifted, by somebody who was refused the address', async () => {
    const world = await openWorld();
    const shares = (id: string, hours: number, ...addresses: readonly string[]): Change => ({
      kind: 'profile',
      fragment: `crm:contact:${id}`,
      at: new Date(NOW + hours * HOUR).toISOString(),
      identifiers: [{ type: 'user_id', value: `user-${id}` }, ...addresses.map((value) => ({ type: 'email', value }))],
      traits: { stage: 'customer' },
    });
    await world.add(ann);
    await world.tell([shares('1', -9, ann)]);
    await world.tell([shares('2', -9, ann, bob)]);

    await world.lift(ann);
    await world.tell([shares('1', -8, old)]);

    expect(world.stores.living()).toHaveLength(2);
    expect([await world.wanted(old), await world.wanted(bob)].map(({ row }) => row)).toEqual(['in', 'in']);
  });

  it('takes everything that a known person ever stated, and refuses who is neither known nor an identifier', async () => {
    const world = await openWorld();
    await world.tell([contact('1', -9, old)]);
    await world.tell([contact('1', -8, ann)]);
    const person = await findPerson(world.deps, ann);

    const entries = await suppressPerson(world.deps, person?.id ?? '', order);

    expect(entries).toHaveLength(2);
    await expect(suppressPerson(world.deps, 'p_nobody', order)).rejects.toThrow('nobody is known by that');
    await expect(unsuppressPerson(world.deps, bob, order)).rejects.toThrow('nobody is on the list by that');
    const [first] = entries;
    expect(await unsuppressPerson(world.deps, first?.key ?? '', order)).toMatchObject([{ lifted: { by: 'ops' } }]);
  });
});

describe('suppressPeople', () => {
  it('puts everybody on the list who can be named, says who cannot, and blocks them with few messages', async () => {
    const world = await openWorld();
    await world.tell([contact('1', -9, ann), contact('2', -9, bob)]);
    const strangers = Array.from({ length: 90 }, (_, n) => `stranger.${n}@example.com`);

    const { suppressions, refused } = await suppressPeople(
      world.deps,
      ['nobody', ann, 'ANN@example.com', bob, ...strangers, 'p_gone'],
      order,
    );
    const messages = world.sent.length;
    await world.settle();

    expect({ suppressed: suppressions.length, messages }).toEqual({ suppressed: 92, messages: 2 });
    expect(refused.map(({ index, code }) => [index, code])).toEqual([
      [0, 'api/no-such-person'],
      [94, 'api/no-such-person'],
    ]);
    expect([await world.wanted(ann), await world.wanted(bob)].map(({ row }) => row)).toEqual([
      'suppressed',
      'suppressed',
    ]);
  });

  it('keeps the first word when a list comes again, also after a death before its messages', async () => {
    const world = await openWorld();
    await world.tell([contact('1', -9, ann)]);
    await suppressPeople(world.deps, [ann, bob], order);
    world.sent.length = 0;

    const again = await suppressPeople(world.deps, [bob, ann], { by: 'somebody else', reason: 'again' });
    await world.settle();

    expect(again.suppressions.map(({ by }) => by)).toEqual(['ops', 'ops']);
    expect((await world.wanted(ann)).row).toBe('suppressed');
  });
});

describe('readSuppressions', () => {
  it('gives everybody once over pages, and leaves out who was taken off', async () => {
    const world = await openWorld();
    const people = Array.from({ length: 95 }, (_, n) => `p${n}@example.com`);
    await suppressPeople(world.deps, people, order);
    for (const who of people.slice(0, 40)) await unsuppressPerson(world.deps, who, order);

    const all = await everybodyOn(world.deps.state, 7);

    expect({ listed: all.length, distinct: new Set(all.map(({ key }) => key)).size }).toEqual({
      listed: 55,
      distinct: 55,
    });
    await expect(readSuppressions(world.deps.state, { most: 1, after: 'ann' })).rejects.toMatchObject({
      code: 'api/bad-query',
    });
  });
});

describe('suppression under a new generation of the identity key', () => {
  const second: IdentityKey = { secret: 'a second test key that is long enough', generation: 2, former: [identityKey] };

  it('reaches whoever the index knows under the former one alone', async () => {
    const world = await openWorld();
    await world.tell([contact('1', -9, ann)]);
    world.turnKey(second);

    await world.add(ann);

    expect(await world.wanted(ann)).toEqual({ decided: 'suppressed', row: 'suppressed' });
  });

  it('is lifted from whoever the index knows under the former one alone', async () => {
    const world = await openWorld();
    await world.tell([contact('1', -9, ann)]);
    world.turnKey(second);
    await world.add(ann);

    await world.lift(ann);

    expect(await world.wanted(ann)).toEqual({ decided: 'in', row: 'in' });
  });

  it('stands for as long as the list says so under any of them', async () => {
    const world = await openWorld();
    await world.tell([contact('1', -9, ann)]);
    await world.add(ann);
    world.turnKey(second);
    await world.add(ann);
    const [oldest] = await everybodyOn(world.deps.state);

    await world.lift(oldest?.key ?? '');

    expect(await everybodyOn(world.deps.state)).toHaveLength(1);
    expect(await world.wanted(ann)).toEqual({ decided: 'suppressed', row: 'suppressed' });
  });
});
