import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describePair, listDecided, listSuggested } from '../../../lib/pipeline/describe/describe-duplicate.ts';
import type { StateStore } from '../../../lib/pipeline/ports.ts';
import { judgeDuplicate, type Verdict } from '../../../lib/pipeline/resolve/judge-duplicates.ts';
import { recordsIn } from '../delivering.ts';
import { Death } from '../memory-stores.ts';
import { openDuplicateWorld as openWorld, annNumber as person } from './duplicates-rig.ts';

const RUNS = Number(process.env.TRIBUTARY_RUNS ?? 40);

type World = ReturnType<typeof openWorld>;

async function withSuggestion(world: World): Promise<string> {
  await world.deliver([person('1'), person('2')]);
  const [suggestion] = (await listSuggested(world.deps, { most: 10 })).suggestions;
  return suggestion?.id ?? '';
}

const together = [['crm:contact:1', 'crm:contact:2']];
const apart = [['crm:contact:1'], ['crm:contact:2']];

/** Where the pair is listed, and whose records are whose. */
async function standing({ deps, stores }: World) {
  const { suggestions } = await listSuggested(deps, { most: 9 });
  const listed = async (decision: 'accepted' | 'rejected' | 'parted') =>
    (await listDecided(deps, decision, { most: 9 })).suggestions.map(({ people }) => people.length);
  return {
    suggested: suggestions.length,
    accepted: await listed('accepted'),
    rejected: await listed('rejected'),
    parted: await listed('parted'),
    records: recordsIn(stores),
  };
}

const none = { suggested: 0, accepted: [], rejected: [], parted: [] };

describe('judgeDuplicate', () => {
  it('joins an accepted pair by evidence, and takes the suggestion off the list', async () => {
    const world = openWorld();
    const id = await withSuggestion(world);

    const first = await judgeDuplicate(world.deps, id, 'accept', 'ops');
    expect(await judgeDuplicate(world.deps, id, 'accept', 'somebody else')).toEqual(first);
    await world.deliver([]);

    expect(await standing(world)).toEqual({ ...none, accepted: [2], records: together });
    expect((await listDecided(world.deps, 'accepted', { most: 1 })).suggestions).toMatchObject([
      { id, by: 'ops', decidedAt: first.at, score: expect.any(Number) as number },
    ]);
    await expect(judgeDuplicate(world.deps, id, 'reject')).rejects.toThrow(/was accepted before/);
  });

  it('undoes an accepted pair by an unmerge that keeps its records apart, and joins them again when accepted again', async () => {
    const world = openWorld();
    const id = await withSuggestion(world);
    await judgeDuplicate(world.deps, id, 'accept');
    await world.deliver([]);

    await judgeDuplicate(world.deps, id, 'undo');
    await judgeDuplicate(world.deps, id, 'undo');
    await world.deliver([]);
    expect(await standing(world)).toEqual({ ...none, parted: [2], records: apart });
    // A word of theirs that would suggest them, or join them, does neither any more.
    const shared = { identifiers: [{ type: 'email', value: '1@example.com' }], at: '2026-11-05T00:00:00Z' };
    await world.deliver([person('2', { last_name: 'Mueller' }, shared)]);
    expect(await standing(world)).toEqual({ ...none, parted: [2], records: apart });

    await judgeDuplicate(world.deps, id, 'accept');
    await world.deliver([]);
    expect(await standing(world)).toEqual({ ...none, accepted: [2], records: together });
  });

  it('never suggests a rejected pair again, however its people grow, until that is undone', async () => {
    const world = openWorld();
    const id = await withSuggestion(world);
    await judgeDuplicate(world.deps, id, 'reject');

    const joins = { identifiers: [{ type: 'email', value: '1@example.com' }], at: '2026-10-01T00:00:00Z' };
    await world.deliver([person('0', { last_name: 'Muller' }, joins)]);
    await world.deliver([person('2', { last_name: 'Mueller' }, { at: '2026-11-05T00:00:00Z' })]);
    const records = [['crm:contact:0', 'crm:contact:1'], ['crm:contact:2']];
    expect(await standing(world)).toEqual({ ...none, rejected: [2], records });

    await judgeDuplicate(world.deps, id, 'undo');
    expect(await standing(world)).toEqual({ ...none, suggested: 1, records });
    expect(await describePair(world.deps, id)).toMatchObject({ state: 'suggested', one: false });
  });

  it('refuses who is not known', async () => {
    await expect(judgeDuplicate(openWorld().deps, 'd_none', 'undo')).rejects.toThrow(/no suggestion/);
  });

  it('ends where the last verdict leads, whatever was said twice and wherever it died', async () => {
    const verdicts = fc.array(fc.constantFrom<Verdict>('accept', 'reject', 'undo'), { maxLength: 6 });
    const leads: Record<Verdict, Record<string, string>> = {
      accept: { suggested: 'accepted', parted: 'accepted', accepted: 'accepted' },
      reject: { suggested: 'rejected', rejected: 'rejected' },
      undo: { accepted: 'parted', parted: 'parted', rejected: 'suggested', suggested: 'suggested' },
    };
    await fc.assert(
      fc.asyncProperty(verdicts, fc.array(fc.nat(9), { maxLength: 12 }), async (said, deaths) => {
        const calls = { left: Number.POSITIVE_INFINITY };
        const world = openWorld((state) => mortal(state, calls));
        const id = await withSuggestion(world);
        const left = [...deaths];
        let expected = 'suggested';
        for (const verdict of said) {
          const next = leads[verdict][expected];
          calls.left = left.pop() ?? Number.POSITIVE_INFINITY;
          for (let again = true; again; ) {
            try {
              await judgeDuplicate(world.deps, id, verdict);
              again = false;
            } catch (error) {
              again = error instanceof Death;
              if (!again) expect(next).toBeUndefined();
            }
            if (again) calls.left = Number.POSITIVE_INFINITY;
          }
          expected = next ?? expected;
          calls.left = Number.POSITIVE_INFINITY;
          await world.deliver([]);
        }

        const { suggested, records, ...lists } = await standing(world);
        expect(suggested).toBe(expected === 'suggested' ? 1 : 0);
        for (const [list, found] of Object.entries(lists)) expect(found).toEqual(list === expected ? [2] : []);
        expect(records).toEqual(expected === 'accepted' ? together : apart);
      }),
      { numRuns: RUNS },
    );
  });
});

/** Dies after some more calls, once. */
function mortal(state: StateStore, calls: { left: number }): StateStore {
  const count = (): void => {
    calls.left -= 1;
    if (calls.left < 0) throw new Death();
  };
  return {
    ...state,
    async get(...args) {
      count();
      return state.get(...args);
    },
    async put(...args) {
      const done = await state.put(...args);
      count();
      return done;
    },
    async remove(...args) {
      await state.remove(...args);
      count();
    },
  };
}
