import type { Death } from '../../lib/local/proxy/faults.ts';
import { approveHeld } from '../../lib/local/stage-calls.ts';
import { makeRandom, type Random } from '../vendors/world/random.ts';
import type { Witness } from './calm.ts';
import { compare, type Verdict } from './compare.ts';
import { type KindName, kindNamed, kindsOf, ratesOf, stageFaultOf } from './fault-kinds.ts';
import type { Look } from './found.ts';
import { arrive, type Crowd, change } from './people.ts';
import { openRecovery } from './recovery.ts';
import type { Storm } from './storm.ts';
import { tags } from './storm-workspace.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Spells in which faults strike. */
const TROUBLED_SPELLS = 5;
const LEAP_EVERY_MS = 120;
/** In one part of a seed: each sets off what is due by then, so leaping for ever would leave no end of work. */
const MOST_LEAPS = 5;

/** What became of a seed. */
export interface Played extends Verdict {
  readonly seed: number;
  /** Kind → how often it struck. */
  readonly struck: Partial<Record<KindName, number>>;
  readonly redriven: number;
  readonly seconds: number;
}

/** What is played on: one stage, what looks into its tables, and who saw what the tools told. */
export interface Theatre {
  readonly storm: Storm;
  readonly look: Look;
  readonly witness: Witness;
}

/** Plays one seed: its people, what they do, what goes wrong meanwhile; then counts everybody. */
export async function playSeed(theatre: Theatre, seed: number): Promise<Played> {
  const began = performance.now();
  const random = makeRandom(seed);
  const names = kindsOf(seed, random.part('kinds'));
  const played = openPlay(theatre, names, random);
  const repeats = names.includes('repeat');
  const crowd = await played.half('first', () => arrive(theatre.storm, `s${seed}`, random.part('arrive'), repeats));
  await played.half('second', async () => {
    await change(theatre.storm, crowd, random.part('change'), repeats);
    return crowd;
  });
  await played.push();
  const verdict = await played.judge(crowd);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  return { seed, struck: played.struck(crowd), redriven: played.redriven(), seconds, ...verdict };
}

function openPlay({ storm, look, witness }: Theatre, names: readonly KindName[], random: Random) {
  const { stage } = storm;
  const happened = { ...stage.faults.happened };
  const troubled = { ...storm.troubled };
  const outage = names.includes('outage') ? random.pick(['first', 'second', 'push'] as const) : undefined;
  const odd: string[] = [];
  const { settle, recover, pullAll, recovered } = openRecovery({ storm, look }, odd);
  let leaps = 0;

  /** Lets the faults of the seed strike while `work` is done. */
  async function loosed<T>(part: string, work: () => Promise<T>): Promise<T> {
    const down =
      outage === part ? (part === 'push' ? 'ActivateAudienceFunction' : 'ResolveProfileFunction') : undefined;
    const rates = down === undefined ? ratesOf(names) : ({ killed: 1 } satisfies Partial<Record<Death, number>>);
    // The API answers the questions of this file, and the jobs are begun when all is calm.
    const only = (id: string): boolean => (down === undefined ? id !== 'ApiFunction' : id === down);
    stage.faults.set(rates, { only, seed: random.between(1, 2 ** 31) });
    storm.trouble(
      names.flatMap((name) => kindNamed(name).road ?? []),
      random.part(`road ${part}`),
    );
    const dice = random.part(`leaps ${part}`);
    let left = names.includes('leap') ? MOST_LEAPS : 0;
    const leaping = setInterval(() => {
      if (left === 0 || !dice.chance(0.5)) return;
      left -= 1;
      leaps += 1;
      stage.leap(dice.between(1, 20) * MINUTE).catch((thrown: unknown) => odd.push(String(thrown)));
    }, LEAP_EVERY_MS);
    try {
      return await work();
    } finally {
      clearInterval(leaping);
      stage.faults.set({});
      storm.trouble([], random);
    }
  }

  /** Pushes until nothing differs any more. */
  async function pushWhatMoved(): Promise<void> {
    await recover();
    for (let round = 0; round < 3; round += 1) {
      // A push that waited too long for a source is held, and an operator looks at it.
      await approveHeld(stage, () => {});
      await recover();
      const { audiences } = (await storm.call('POST', '/api/push/dry-run', {})) as unknown as {
        readonly audiences: readonly { readonly id: string; readonly add: number; readonly remove: number }[];
      };
      const moved = audiences.filter(({ add, remove }) => add + remove > 0);
      if (moved.length === 0) break;
      for (const { id } of moved) await storm.call('POST', '/api/push', { audience: id });
      await recover();
    }
    for (const audience of Object.keys(tags)) {
      const state = await look.pushState(audience);
      if (state !== 'finished') odd.push(`the push of ${audience} is ${state}`);
    }
  }

  return {
    struck(crowd: Crowd): Played['struck'] {
      const counted = (name: KindName): number => {
        const { road, act } = kindNamed(name);
        const fault = stageFaultOf(name);
        if (fault !== undefined) return stage.faults.happened[fault] - happened[fault];
        if (road !== undefined) return storm.troubled[road] - troubled[road];
        return {
          leap: leaps,
          repeat: crowd.repeated,
          poison: recovered.poisons + crowd.poisoned,
          outage: recovered.redriven,
        }[act ?? 'leap'];
      };
      return Object.fromEntries(names.map((name) => [name, counted(name)]));
    },
    redriven: () => recovered.redriven,

    /** People act and tools are read while faults strike; then what they left is done, and the tools are seen by the witness. */
    async half(part: 'first' | 'second', act: () => Promise<Crowd>): Promise<Crowd> {
      let acted = storm.now();
      const done = await loosed(part, async () => {
        const crowd = await act();
        // Tools tell times to the second: a pull of the same second leaves to the next one what changed in it.
        await stage.runUntil(storm.now() + 2 * SECOND);
        acted = storm.now();
        if (part === 'first' && names.includes('poison')) await poison(storm, crowd);
        await pullAll();
        await settle(TROUBLED_SPELLS);
        return crowd;
      });
      await recover();
      // A run that failed, or began before the last act, is made up for by the next schedule.
      for (let round = 0; round < 3; round += 1) {
        if (await look.isReadSince(acted)) break;
        await pullAll();
        await recover();
      }
      if (!(await look.isReadSince(acted))) odd.push(`not everything is read after the ${part} half`);
      await witness.look();
      await stage.runUntil(storm.now() + 2 * MINUTE);
      return done;
    },

    /** Pushes while faults strike, then what moved since. */
    async push(): Promise<void> {
      await loosed('push', async () => {
        await storm.call('POST', '/api/push', {});
        await settle(TROUBLED_SPELLS);
      });
      await recover();
      // Whose time came while the clock leapt is decided by the next sweep.
      await stage.runUntil(storm.now() + 2 * MINUTE);
      await pushWhatMoved();
    },

    /** Compares at an instant around which nobody enters or leaves by time alone. */
    async judge(crowd: Crowd): Promise<Verdict> {
      for (let round = 0; round < 10; round += 1) {
        const at = storm.now();
        const [before, now] = await Promise.all([
          witness.expected(crowd, at - 3 * MINUTE),
          witness.expected(crowd, at),
        ]);
        if (segmentsOf(before.people) !== segmentsOf(now.people)) {
          await stage.runUntil(at + 4 * MINUTE);
          await pushWhatMoved();
          continue;
        }
        const verdict = await compare(storm, look, crowd, now, at);
        const strange = [
          ...odd,
          ...stage.refusals.map(({ action }) => `refused: ${action}`),
          ...stage.troubles.map(String),
        ];
        if (names.includes('poison') && recovered.poisons === 0)
          verdict.lost.push('the message that nobody can read is nowhere');
        return { ...verdict, unexplained: [...verdict.unexplained, ...strange] };
      }
      throw new Error('people enter and leave all the time');
    },
  };
}

function segmentsOf(people: readonly { readonly memberships: object; readonly fragments: object }[]): string {
  return people
    .map(({ fragments, memberships }) => `${Object.keys(fragments).sort()} ${Object.keys(memberships).sort()}`)
    .sort()
    .join('\n');
}

/** Two things that nobody can read: a message that is no JSON, and a change that says nothing. */
async function poison(storm: Storm, crowd: Crowd): Promise<void> {
  await storm.send('CHANGES_QUEUE_URL', `{"poison":"${crowd.label}"`);
  const change = { kind: 'profile', fragment: `crm:contact:${crowd.label}-poison` };
  await storm.send('CHANGES_QUEUE_URL', JSON.stringify({ origin: 'page', connection: 'crm', changes: [change] }));
  crowd.poisoned += 1;
}
