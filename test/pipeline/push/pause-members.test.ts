import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AudienceDefinition } from '../../../lib/domain/definitions.ts';
import { everyIndexKey } from '../../../lib/domain/identifier.ts';
import { pausedUntil, pauseMembers } from '../../../lib/pipeline/push/pause-members.ts';
import { openMemoryAudience, wantedAs } from '../memory-audience.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { definitions, NOW } from '../world.ts';

const RUNS = Number(process.env.TRIBUTARY_RUNS ?? 200);
const DAY = 86_400_000;
const RECORD = 'mail:member:a';
const key = { secret: 'k'.repeat(32), generation: 1 };

type Told = readonly [does: 'pause' | 'resume', at: number];

/** What becomes of one step: how many turns it waits, and whether its worker dies there. */
interface Step {
  readonly waits: number;
  readonly dies: boolean;
}

/** One person of one record, wanted by one audience. */
async function openPerson(
  next: () => Step = () => ({ waits: 0, dies: false }),
  when: AudienceDefinition['when'] = 'realtime',
) {
  const dies = { now: false };
  const touched: string[] = [];
  const { identities, profiles } = openMemoryStores();
  const audience = openMemoryAudience();
  audience.want('p_1', wantedAs('ann@example.com'));
  const keys = everyIndexKey({ type: 'fragment', value: RECORD }, key);
  await identities.claim(keys.map((one) => ({ key: one, profile: 'p_1' })));
  const mortal =
    <Given extends unknown[], T>(step: (...given: Given) => Promise<T>) =>
    async (...given: Given): Promise<T> => {
      const { waits, dies: dead } = next();
      for (let turn = 0; turn < waits; turn += 1) await new Promise((go) => setImmediate(go));
      if (dies.now && dead) throw new Error('the worker died');
      return step(...given);
    };
  const pause = pauseMembers({
    identities: { note: mortal(identities.note), lookUp: mortal(identities.lookUp) },
    profiles: { ...profiles, read: async () => new Map() },
    memberships: audience.memberships,
    definitions: async () => ({ audiences: definitions.audiences.map((one) => ({ ...one, when })) }),
    key,
    touch: mortal(async (audiences) => {
      touched.push(...audiences);
    }),
  });
  const tell = async ([does, at]: Told, mayDie: boolean): Promise<void> => {
    dies.now = mayDie;
    try {
      await pause([RECORD], does, at);
    } catch {
      // A message whose worker died comes again.
    }
  };
  const until = async () => pausedUntil(keys, await identities.lookUp(keys));
  return { pause, tell, pausedUntil: until, touched, audience };
}

const told: fc.Arbitrary<Told> = fc.tuple(
  fc.constantFrom('pause' as const, 'resume' as const),
  fc.integer({ min: NOW, max: NOW + 5 }),
);

/** Nobody is paused whose record was read again since the last hint; otherwise for a day from it. */
function rightly(messages: readonly Told[]): number | undefined {
  const latest = (what: Told[0]) => Math.max(0, ...messages.filter(([does]) => does === what).map(([, at]) => at));
  return latest('pause') > latest('resume') ? latest('pause') + DAY : undefined;
}

describe('a hint that consent is withdrawn', () => {
  it('pauses whoever the record belongs to for a day, until it was read again', async () => {
    const { pause, pausedUntil } = await openPerson();

    await pause([RECORD], 'pause', NOW);
    expect(await pausedUntil()).toBe(NOW + DAY);
    await pause([], 'resume', NOW + 1);
    await pause(['mail:member:of-nobody'], 'resume', NOW + 1);
    expect(await pausedUntil()).toBe(NOW + DAY);
    await pause([RECORD], 'resume', NOW + 1);
    expect(await pausedUntil()).toBeUndefined();
  });

  it('asks for a push of realtime audiences that wait for whoever may go on, and of no other', async () => {
    const [waiting, nightly, pushed] = [
      await openPerson(),
      await openPerson(undefined, { expression: 'rate(1 day)', words: 'daily' }),
      await openPerson(),
    ];
    const row = pushed.audience.rows.get('p_1');
    if (row !== undefined) Object.assign(row, { pending: false });
    for (const { pause } of [waiting, nightly, pushed]) {
      await pause([RECORD], 'pause', NOW);
      await pause([RECORD], 'resume', NOW + 1);
    }

    expect([waiting.touched, nightly.touched, pushed.touched]).toEqual([['to-tool'], [], []]);
  });

  it('that comes after the record was read again pauses nobody, and an older reading lets nobody go on', async () => {
    const { pause, pausedUntil } = await openPerson();

    await pause([RECORD], 'resume', NOW + 1);
    await pause([RECORD], 'pause', NOW);
    expect(await pausedUntil()).toBeUndefined();
    await pause([RECORD], 'pause', NOW + 2);
    await pause([RECORD], 'resume', NOW + 1);
    expect(await pausedUntil()).toBe(NOW + 2 + DAY);
  });

  it('ends the same whatever comes late, twice, at once, or dies on the way', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.tuple(told, fc.array(fc.boolean(), { maxLength: 2 })), { minLength: 1, maxLength: 5 }),
      fc.infiniteStream(fc.record({ waits: fc.nat({ max: 6 }), dies: fc.boolean() })),
      fc.boolean(),
      async (messages, steps, atOnce) => {
        const { tell, pausedUntil, touched } = await openPerson(() => steps.next().value);
        for (const [message, attempts] of messages) for (const _ of attempts) await tell(message, true);
        if (atOnce) await Promise.all(messages.map(([message]) => tell(message, false)));
        else for (const [message] of messages.toReversed()) await tell(message, false);

        const until = rightly(messages.map(([message]) => message));
        expect(await pausedUntil()).toBe(until);
        // Whoever may go on is asked for, whatever died.
        if (messages.some(([[does]]) => does === 'resume') && until === undefined) expect(touched).toContain('to-tool');
      },
    );
    await fc.assert(property, { numRuns: RUNS });
  });
});
