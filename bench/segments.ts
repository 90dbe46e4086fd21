import { compile, type Program } from '../lib/domain/segment/compile.ts';
import { type Answer, begin, evaluate, evaluateMembers, HORIZON_MS } from '../lib/domain/segment/evaluate.ts';
import type { Moves } from '../lib/domain/segment/moves.ts';
import type { PersonView } from '../lib/domain/segment/view.ts';
import { type BenchOptions, type Measurement, rounded } from './measurement.ts';
import { engines, type Running } from './segment-engines.ts';
import { asking, generate, makeRulePerson, makeSegments, type RulePerson } from './segment-rules.ts';
import { viewOf } from './segment-view.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const SEGMENTS = 50;
/**
 * People come a small page at a time, at hand like a profile that was just read; making them ready is not measured. What is told is the
 * time of a quick page (of a hundred the tenth): other work on the machine disturbs the others.
 */
const PAGE = 50;
/** Pages before anything is measured, in which everything gets compiled. */
const WARM = 40;

/** Fifty mixed segments over made-up people, every engine on the same page in turn; then what a change costs, and growth. */
export async function* bench({ quick: isQuick, note, people }: BenchOptions): AsyncIterable<Measurement> {
  const count = isQuick ? PAGE : (people ?? 100_000);
  note('segments: engines');
  yield* compareEngines(count, isQuick ? 0 : WARM);
  note('segments: a change');
  yield* costOfChange(isQuick ? PAGE : 10_000, isQuick ? 0 : WARM);
  for (const segments of isQuick ? [10] : [10, 50, 200, 1_000]) {
    note(`segments: ${segments} of them`);
    yield* costOfMany(segments, isQuick ? PAGE : 2_500, isQuick ? 0 : WARM);
  }
}

interface Contest {
  readonly name: string;
  readonly data: string;
  readonly pages: number;
  readonly running: Running<unknown>;
  readonly compileMs: number;
  readonly took: number[];
  different: number;
}

async function* compareEngines(count: number, warm: number): AsyncIterable<Measurement> {
  const definitions = makeSegments(SEGMENTS);
  const pages = Math.ceil(count / PAGE);
  const contests: Contest[] = [];
  for (const { name, data, share, open } of engines) {
    const from = performance.now();
    const running = open(definitions, NOW);
    const compileMs = performance.now() - from;
    contests.push({ name, data, pages: Math.ceil(pages * share), compileMs, running, took: [], different: 0 });
  }
  for (let page = -warm; page < pages; page += 1) {
    const everybody = pageOf(page + warm);
    const expected = new Uint8Array(PAGE * SEGMENTS);
    for (const [place, contest] of contests.entries()) {
      if (page < contest.pages) await playPage(contest, everybody, expected, place === 0, page >= 0);
    }
  }
  const generated = contests.find(({ name }) => name === 'generated-js')?.took ?? [];
  for (const { name, data, compileMs, took, different } of contests) {
    const of = { engine: name, data, people: took.length * PAGE, segments: SEGMENTS };
    const rate = rounded((PAGE * SEGMENTS * 1_000) / quick(took));
    const base = { job: 'segments', of };
    yield {
      ...base,
      metric: 'evaluations a second',
      value: rate,
      unit: 'rules/s',
      engine: name,
      evaluations_per_second: rate,
    };
    const ratio = quick(generated) / quick(took);
    const target = name === 'tributary' ? { target: { least: 1 } } : {};
    yield { ...base, metric: 'speed over generated JavaScript', value: rounded(ratio), unit: 'ratio', ...target };
    yield { ...base, metric: 'compile time', value: rounded(compileMs), unit: 'ms' };
    yield { ...base, metric: 'answers that differ', value: different, unit: 'answers', target: { most: 0 } };
  }
}

async function playPage(
  contest: Contest,
  everybody: readonly RulePerson[],
  expected: Uint8Array,
  isFirst: boolean,
  counts: boolean,
): Promise<void> {
  const { running } = contest;
  const rows = everybody.map((person) => running.prepare(person));
  const bits = everybody.map((_, at) => new Uint8Array(expected.buffer, at * SEGMENTS, SEGMENTS));
  const into = isFirst ? bits : everybody.map(() => new Uint8Array(SEGMENTS));
  const from = performance.now();
  for (let at = 0; at < rows.length; at += 1) {
    const answering = running.answer(rows[at], into[at] as Uint8Array);
    if (answering !== undefined) await answering;
  }
  if (!counts) return;
  contest.took.push(performance.now() - from);
  for (const [at, answers] of into.entries()) {
    for (let segment = 0; segment < SEGMENTS; segment += 1) {
      if (answers[segment] !== bits[at]?.[segment]) contest.different += 1;
    }
  }
}

/** One trait becomes another person's, one activity is added: what that can move, beside a whole evaluation. */
function* costOfChange(count: number, warm: number): Iterable<Measurement> {
  const program = compile(makeSegments(SEGMENTS), { timezone: 'UTC' });
  const took: Record<'whole' | 'trait' | 'activity', number[]> = { whole: [], trait: [], activity: [] };
  let different = 0;
  const measure = (what: keyof typeof took, page: number, work: () => void): void => {
    const from = performance.now();
    work();
    if (page >= warm) took[what].push(performance.now() - from);
  };
  for (let page = 0; page < warm + count / PAGE; page += 1) {
    const everybody = pageOf(page);
    const views = everybody.map((person) => viewOf(program, person));
    measure('whole', page, () => {
      for (const view of views) evaluate(program, view, NOW);
    });
    for (const what of ['trait', 'activity'] as const) {
      const changes = everybody.map((person, at) => changeOf(what, person, everybody[(at + 1) % PAGE] ?? person, at));
      const after = changes.map(({ person }) => viewOf(program, person));
      const answers: (readonly Moving[])[] = [];
      measure(what, page, () => {
        for (const [at, view] of after.entries())
          answers.push(evaluateMoved(program, view, changes[at]?.moved(program.moves) ?? []));
      });
      for (const [at, view] of after.entries()) {
        const before = [...evaluate(program, views[at] ?? view, NOW)].map(([, answer]) => signedOf(answer));
        for (const [position, until] of answers[at] ?? [])
          before[position] = Math.abs(until) < NOW + HORIZON_MS ? until : Math.sign(until) * NEVER_MS;
        for (const [position, [, answer]] of [...evaluate(program, view, NOW)].entries()) {
          if (before[position] !== signedOf(answer)) different += 1;
        }
      }
    }
  }
  const of = { segments: SEGMENTS, people: count };
  const base = { job: 'segments', of };
  const target = { most: 0.1 };
  const each = (what: keyof typeof took): number => (quick(took[what]) * 1_000) / PAGE;
  yield { ...base, metric: 'a whole evaluation', value: rounded(each('whole')), unit: 'µs' };
  yield { ...base, metric: 'a changed trait', value: rounded(each('trait')), unit: 'µs' };
  yield { ...base, metric: 'an added activity', value: rounded(each('activity')), unit: 'µs' };
  yield {
    ...base,
    metric: 'a changed trait over a whole evaluation',
    value: rounded(each('trait') / each('whole')),
    unit: 'ratio',
    target,
  };
  yield {
    ...base,
    metric: 'an added activity over a whole evaluation',
    value: rounded(each('activity') / each('whole')),
    unit: 'ratio',
    target,
  };
  yield {
    ...base,
    metric: 'answers that differ after the change',
    value: different,
    unit: 'answers',
    target: { most: 0 },
  };
}

/** A segment by its position, and until when it stays so: positive for members. */
type Moving = readonly [position: number, until: number];

/** What a change can move, and nothing else. */
function evaluateMoved(program: Program, view: PersonView, positions: readonly number[]): readonly Moving[] {
  begin(program, view, NOW);
  return positions.map((position) => [position, program.solver.flip(program.roots[position] ?? 0, NOW + HORIZON_MS)]);
}

const NEVER_MS = Number.POSITIVE_INFINITY;

function signedOf({ member, flipsAt }: Answer): number {
  return (member ? 1 : -1) * (flipsAt ?? NEVER_MS);
}

const paths = [
  'lifecycle_stage',
  'industry',
  'plan',
  'language',
  'department',
  'lead_source',
  'interest',
  'score',
  'age',
];

function changeOf(
  what: 'trait' | 'activity',
  person: RulePerson,
  other: RulePerson,
  at: number,
): { person: RulePerson; moved: (moves: Moves) => readonly number[] } {
  if (what === 'trait') {
    const path = paths[at % paths.length] ?? 'plan';
    return {
      person: { ...person, traits: { ...person.traits, [path]: other.traits[path] ?? null } },
      moved: ({ traits }) => traits(path),
    };
  }
  const names = Object.keys(person.did);
  const name = names[at % names.length] ?? '';
  const did = { ...person.did, [name]: [NOW - 1_000, ...(person.did[name] ?? [])] };
  return { person: { ...person, did }, moved: ({ activities }) => activities(name) };
}

/** What one person costs as segments grow, beside generated JavaScript, which asks each rule by itself. */
function* costOfMany(segments: number, count: number, warm: number): Iterable<Measurement> {
  const definitions = makeSegments(segments);
  const before = performance.now();
  const program = compile(definitions, { timezone: 'UTC' });
  const compileMs = performance.now() - before;
  const rules = definitions.map(generate);
  const into = new Uint8Array(segments);
  const took: Record<'members' | 'flips' | 'generated', number[]> = { members: [], flips: [], generated: [] };
  for (let page = 0; page < warm + count / PAGE; page += 1) {
    const everybody = pageOf(page);
    const views = everybody.map((person) => viewOf(program, person));
    const works = {
      members: () => views.forEach((view) => void evaluateMembers(program, view, NOW, into)),
      flips: () => views.forEach((view) => void evaluate(program, view, NOW)),
      generated: () =>
        everybody.forEach(({ traits, did }) => {
          for (const [at, rule] of rules.entries()) into[at] = rule(traits, did, NOW, asking) ? 1 : 0;
        }),
    };
    for (const what of ['members', 'flips', 'generated'] as const) {
      const from = performance.now();
      works[what]();
      if (page >= warm) took[what].push(performance.now() - from);
    }
  }
  const each = (what: keyof typeof took): number => (quick(took[what]) * 1_000) / PAGE;
  const base = { job: 'segments', unit: 'µs', of: { 'segments compiled together': segments, people: count } };
  yield { ...base, metric: 'compile time', value: rounded(compileMs), unit: 'ms' };
  yield { ...base, metric: 'members of one person', value: rounded(each('members')) };
  yield { ...base, metric: 'members and next flips of one person', value: rounded(each('flips')) };
  yield { ...base, metric: 'generated JavaScript of one person', value: rounded(each('generated')) };
}

/** The first decile: what most of the others would have taken on a machine to themselves. */
function quick(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 10)] ?? Number.NaN;
}

function pageOf(page: number): RulePerson[] {
  return Array.from({ length: PAGE }, (_, at) => makeRulePerson(page * PAGE + at, NOW));
}
