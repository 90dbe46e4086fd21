import { compile, type Program } from '../lib/domain/segment/compile.ts';
import { answerKept, evaluate, evaluateAgain, evaluateMembers, keepAnswers } from '../lib/domain/segment/evaluate.ts';
import type { Moved } from '../lib/domain/segment/moves.ts';
import { type BenchOptions, costOf, type Measurement, rounded } from './measurement.ts';
import { engines, type Running } from './segment-engines.ts';
import { asking, generate, makeRulePerson, makeSegments, type RulePerson } from './segment-rules.ts';
import { viewOf } from './segment-view.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const SEGMENTS = 50;
/** People come a page at a time, as a scan or a file brings them; making them ready is not measured. */
const PAGE = 250;
/** Pages before anything is measured, in which everything gets compiled. */
const WARM = 8;

/** Fifty mixed segments over made-up people, every engine on the same page in turn; then what a change costs, and growth. */
export async function* bench({ quick, note, people }: BenchOptions): AsyncIterable<Measurement> {
  const count = quick ? PAGE : (people ?? 100_000);
  note('segments: engines');
  yield* compareEngines(count, quick ? 0 : WARM);
  note('segments: a change');
  yield* costOfChange(quick ? PAGE : 20_000, quick ? 0 : WARM);
  for (const segments of quick ? [10] : [10, 50, 200, 1_000]) {
    note(`segments: ${segments} of them`);
    yield* costOfMany(segments, quick ? PAGE : 5_000, quick ? 0 : WARM);
  }
}

interface Contest {
  readonly name: string;
  readonly data: string;
  readonly pages: number;
  readonly running: Running<unknown>;
  readonly compileMs: number;
  cpu: number;
  people: number;
  different: number;
}

async function* compareEngines(count: number, warm: number): AsyncIterable<Measurement> {
  const definitions = makeSegments(SEGMENTS);
  const pages = Math.ceil(count / PAGE);
  const contests: Contest[] = [];
  for (const { name, data, share, open } of engines) {
    let running: Running<unknown> | undefined;
    const { milliseconds } = await costOf(() => {
      running = open(definitions, NOW) as Running<unknown>;
    });
    if (running === undefined) continue;
    const own = { name, data, pages: Math.ceil(pages * share), compileMs: milliseconds };
    contests.push({ ...own, running, cpu: 0, people: 0, different: 0 });
  }
  for (let page = -warm; page < pages; page += 1) {
    const everybody = pageOf(page + warm);
    const expected = new Uint8Array(PAGE * SEGMENTS);
    for (const [place, contest] of contests.entries()) {
      if (page < contest.pages) await playPage(contest, everybody, expected, place === 0, page >= 0);
    }
  }
  const generated = contests.find(({ name }) => name === 'generated-js');
  for (const { name, data, compileMs, cpu, people, different } of contests) {
    const of = { engine: name, data, people, segments: SEGMENTS };
    const rate = rounded((people * SEGMENTS * 1_000_000) / cpu);
    const base = { job: 'segments', of };
    yield {
      ...base,
      metric: 'evaluations a second',
      value: rate,
      unit: 'rules/s',
      engine: name,
      evaluations_per_second: rate,
    };
    const ratio = (generated?.cpu ?? 0) / (generated?.people ?? 1) / (cpu / people);
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
  const { cpu } = await costOf(async () => {
    for (let at = 0; at < rows.length; at += 1) {
      const answering = running.answer(rows[at], into[at] as Uint8Array);
      if (answering !== undefined) await answering;
    }
  });
  if (!counts) return;
  contest.cpu += cpu;
  contest.people += rows.length;
  for (const [at, answers] of into.entries()) {
    for (let segment = 0; segment < SEGMENTS; segment += 1) {
      if (answers[segment] !== bits[at]?.[segment]) contest.different += 1;
    }
  }
}

/** One trait becomes another person's, one activity is added: kept answers brought up to it, beside a whole evaluation. */
async function* costOfChange(count: number, warm: number): AsyncIterable<Measurement> {
  const program = compile(makeSegments(SEGMENTS), { timezone: 'UTC' });
  const cpu = { whole: 0, trait: 0, activity: 0 };
  let different = 0;
  const measure = async (what: keyof typeof cpu, page: number, work: () => void): Promise<void> => {
    const cost = await costOf(work);
    if (page >= warm) cpu[what] += cost.cpu;
  };
  for (let page = 0; page < warm + count / PAGE; page += 1) {
    const everybody = pageOf(page);
    const views = everybody.map((person) => viewOf(program, person));
    await measure('whole', page, () => {
      for (const view of views) evaluate(program, view, NOW);
    });
    for (const what of ['trait', 'activity'] as const) {
      const changes = everybody.map((person, at) => changeOf(what, person, everybody[(at + 1) % PAGE] ?? person, at));
      const kept = views.map((view) => keepAnswers(program, view, NOW));
      const after = changes.map(({ person }) => viewOf(program, person));
      await measure(what, page, () => {
        for (const [at, { moved }] of changes.entries()) {
          const [view, answers] = [after[at], kept[at]];
          if (view !== undefined && answers !== undefined) evaluateAgain(program, view, NOW, answers, moved);
        }
      });
      for (const [at, view] of after.entries()) {
        for (const [position, [, answer]] of [...evaluate(program, view, NOW)].entries()) {
          const held = kept[at];
          const again = held === undefined ? undefined : answerKept(held, position);
          if (again?.member !== answer.member || again.flipsAt !== answer.flipsAt) different += 1;
        }
      }
    }
  }
  const of = { segments: SEGMENTS, people: count };
  const base = { job: 'segments', of };
  const target = { most: 0.1 };
  yield { ...base, metric: 'a whole evaluation', value: rounded(cpu.whole / count), unit: 'µs' };
  yield { ...base, metric: 'a changed trait', value: rounded(cpu.trait / count), unit: 'µs' };
  yield { ...base, metric: 'an added activity', value: rounded(cpu.activity / count), unit: 'µs' };
  yield {
    ...base,
    metric: 'a changed trait over a whole evaluation',
    value: rounded(cpu.trait / cpu.whole),
    unit: 'ratio',
    target,
  };
  yield {
    ...base,
    metric: 'an added activity over a whole evaluation',
    value: rounded(cpu.activity / cpu.whole),
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
): { person: RulePerson; moved: Moved } {
  if (what === 'trait') {
    const path = paths[at % paths.length] ?? 'plan';
    return {
      person: { ...person, traits: { ...person.traits, [path]: other.traits[path] ?? null } },
      moved: { traits: [path] },
    };
  }
  const names = Object.keys(person.did);
  const name = names[at % names.length] ?? '';
  const did = { ...person.did, [name]: [NOW - 1_000, ...(person.did[name] ?? [])] };
  return { person: { ...person, did }, moved: { activities: [name] } };
}

/** What one person costs as segments grow, beside generated JavaScript, which asks each rule by itself. */
async function* costOfMany(segments: number, count: number, warm: number): AsyncIterable<Measurement> {
  const definitions = makeSegments(segments);
  const compiled: Program[] = [];
  const { milliseconds } = await costOf(() => void compiled.push(compile(definitions, { timezone: 'UTC' })));
  const [program] = compiled;
  if (program === undefined) return;
  const rules = definitions.map(generate);
  const into = new Uint8Array(segments);
  const cpu = { members: 0, flips: 0, generated: 0 };
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
      const cost = await costOf(works[what]);
      if (page >= warm) cpu[what] += cost.cpu;
    }
  }
  const base = { job: 'segments', unit: 'µs', of: { 'segments compiled together': segments, people: count } };
  yield { ...base, metric: 'compile time', value: rounded(milliseconds), unit: 'ms' };
  yield { ...base, metric: 'members of one person', value: rounded(cpu.members / count) };
  yield { ...base, metric: 'members and next flips of one person', value: rounded(cpu.flips / count) };
  yield { ...base, metric: 'generated JavaScript of one person', value: rounded(cpu.generated / count) };
}

function pageOf(page: number): RulePerson[] {
  return Array.from({ length: PAGE }, (_, at) => makeRulePerson(page * PAGE + at, NOW));
}
