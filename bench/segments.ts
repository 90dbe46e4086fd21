import type { JsonObject } from '../lib/domain/json.ts';
import { compile, type Program } from '../lib/domain/segment/compile.ts';
import { type Entry, mergeEntries, observe } from '../lib/domain/segment/entries.ts';
import { evaluate, evaluateAgain, evaluateMembers, keepAnswers } from '../lib/domain/segment/evaluate.ts';
import { movedSegments } from '../lib/domain/segment/moves.ts';
import type { PersonView } from '../lib/domain/segment/view.ts';
import { type BenchOptions, costOf, type Measurement, median, rounded } from './measurement.ts';
import { asking, type Generated, generate, makeRulePerson, makeSegments, type RulePerson } from './segment-rules.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const SEGMENTS = 50;

/** Fifty mixed segments over made-up people, beside JavaScript generated for each rule. */
export async function* bench({ quick }: BenchOptions): AsyncIterable<Measurement> {
  const [count, rounds] = quick ? [50, 1] : [20_000, 7];
  const definitions = makeSegments(SEGMENTS);
  const program = compile(definitions, { timezone: 'UTC' });
  const rules = definitions.map(generate);
  const people = Array.from({ length: count }, (_, number) => makeRulePerson(number, NOW));
  const views = people.map((person) => viewOf(program, person));
  const different = compareAnswers(program, rules, people, views);
  // Each person in turn has another trait changed, another activity added.
  const moved = [...program.moves.traits.keys()].map((path) => ({ traits: [path] }));const kept = views.map((v)=>keepAnswers(program, v, NOW));
  const added = [...program.moves.activities.keys()].map((name) => ({ activities: [name] }));
  const some = (lists: any, at: number): void => {
    evaluateAgain(program, views[at] as PersonView, NOW, kept[at]!, lists[at % lists.length]!);
  };
  const costs: Record<'generated' | 'members' | 'flips' | 'trait' | 'activity', number[]> = {
    generated: [],
    members: [],
    flips: [],
    trait: [],
    activity: [],
  };
  const into = new Uint8Array(SEGMENTS);
  const signed = new Array<number>(SEGMENTS);
  for (let round = 0; round < rounds; round += 1) {
    const measure = async (what: keyof typeof costs, work: (at: number) => void): Promise<void> => {
      const { cpu } = await costOf(() => {
        for (let at = 0; at < count; at += 1) work(at);
      });
      costs[what].push(cpu / count);
    };
    await measure('generated', (at) => answerGenerated(rules, people[at] as RulePerson, into));
    await measure('members', (at) => void evaluateMembers(program, views[at] as PersonView, NOW, into));
    await measure('flips', (at) => void evaluate(program, views[at] as PersonView, NOW));
    await measure('trait', (at) => some(moved, at));
    await measure('activity', (at) => some(added, at));
  }
  const of = { segments: SEGMENTS, people: count };
  const line = (metric: string, value: number, unit: string): Measurement => ({
    job: 'segments',
    metric,
    value: rounded(value),
    unit,
    of,
  });
  const [generated, members, flips] = [median(costs.generated), median(costs.members), median(costs.flips)];
  yield { ...line('answers that differ from generated JavaScript', different, 'answers'), target: { most: 0 } };
  yield line('rules a second, members only', (SEGMENTS * 1_000_000) / members, 'rules/s');
  yield line('rules a second, members and next flip', (SEGMENTS * 1_000_000) / flips, 'rules/s');
  yield line('rules a second, generated JavaScript', (SEGMENTS * 1_000_000) / generated, 'rules/s');
  yield {
    ...line('speed over generated JavaScript, members only', generated / members, 'ratio'),
    target: { least: 1 },
  };
  yield line('speed over generated JavaScript, with the next flip', generated / flips, 'ratio');
  yield {
    ...line('a changed trait over a whole evaluation', median(costs.trait) / flips, 'ratio'),
    target: { most: 0.1 },
  };
  yield {
    ...line('an added activity over a whole evaluation', median(costs.activity) / flips, 'ratio'),
    target: { most: 0.1 },
  };
}

function meanLength(lists: readonly (readonly number[])[]): number {
  return lists.reduce((sum, { length }) => sum + length, 0) / lists.length;
}

function answerGenerated(rules: readonly Generated[], { traits, did }: RulePerson, into: Uint8Array): void {
  for (const [at, rule] of rules.entries()) into[at] = rule(traits, did, NOW, asking) ? 1 : 0;
}

function compareAnswers(
  program: Program,
  rules: readonly Generated[],
  people: readonly RulePerson[],
  views: readonly PersonView[],
): number {
  const [ours, theirs] = [new Uint8Array(SEGMENTS), new Uint8Array(SEGMENTS)];
  let different = 0;
  for (const [at, person] of people.entries()) {
    evaluateMembers(program, views[at] as PersonView, NOW, ours);
    answerGenerated(rules, person, theirs);
    for (let segment = 0; segment < SEGMENTS; segment += 1) if (ours[segment] !== theirs[segment]) different += 1;
  }
  return different;
}

/** What a profile keeps of a person: traits by path, and entries as folding leaves them. */
function viewOf(program: Program, { id, traits, did }: RulePerson): PersonView {
  const held = new Map<string, readonly Entry[]>();
  for (const [name, instants] of Object.entries(did)) {
    for (const [n, at] of instants.entries()) {
      const activity = { id: `${name} ${n}`, name, at: new Date(at).toISOString() };
      for (const [key, entry] of observe(program, activity)) held.set(key, mergeEntries(held.get(key) ?? [], [entry]));
    }
  }
  const paths = new Map(Object.entries(traits));
  paths.set('address.country', (traits.address as JsonObject).country ?? null);
  return {
    id,
    trait: (path) => paths.get(path),
    entries: (key) => held.get(key) ?? [],
    consent: () => false,
    subscribed: () => false,
  };
}
