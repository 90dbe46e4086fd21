import { loadConnectors } from '../connectors/define.ts';
import { connectors } from '../connectors/registry.ts';
import { traitReader } from '../domain/decide.ts';
import type { Definitions } from '../domain/definitions.ts';
import type { Regions } from '../domain/facet/geography.ts';
import type { ReadTrait } from '../domain/facet/read-trait.ts';
import { formatInstant, parseInstant } from '../domain/instant.ts';
import { compile, type Program } from '../domain/segment/compile.ts';
import { evaluateDocument, readDocument } from '../domain/segment/document.ts';
import type { Path } from '../domain/segment/problem.ts';
import type { SegmentDefinition, SegmentTest } from '../domain/segment.ts';
import { lintWorkspace } from './lint.ts';
import { lintSegments } from './lint-segments.ts';
import { type Loaded, loadWorkspace } from './load.ts';
import { type Finding, isError, type Problem, sortProblems } from './problem.ts';
import { idOf, type Sources } from './references.ts';
import type { Source } from './source.ts';

/** The table of regions, for segments that ask for one: what reads the traits of a test's person as a deployment does. */
export type RegionsFor = (asked: Pick<Definitions, 'segments' | 'traits'>) => Promise<Regions | undefined>;

/** What `tributary check` says. */
export interface CheckResult {
  /** True when no problem is an error. */
  readonly ok: boolean;
  readonly problems: readonly Problem[];
  /** Tests inside segment files that were run; 0 when the workspace has errors. */
  readonly tests: number;
}

/**
 * Checks everything in a workspace: the files, what they refer to, the tests inside segment files, and what is allowed
 * but probably not meant (warnings). Tests run on the whole workspace compiled together, as it will be deployed.
 */
export async function checkWorkspace(dir: string, regionsFor: RegionsFor): Promise<CheckResult> {
  return checkLoaded(await loadWorkspace(dir), regionsFor);
}

/** The same of a workspace that was read. */
export async function checkLoaded(
  { definitions, problems, sources }: Loaded,
  regionsFor: RegionsFor,
): Promise<CheckResult> {
  const warnings = lintWorkspace(sources, await loadConnectors(connectors));
  const tested =
    definitions === undefined ? { problems: [], tests: 0 } : await runTests(definitions, sources, regionsFor);
  const all = sortProblems([...problems, ...warnings, ...tested.problems]);
  return { ok: !all.some(isError), problems: all, tests: tested.tests };
}

async function runTests(
  definitions: Definitions,
  sources: Sources,
  regionsFor: RegionsFor,
): Promise<{ readonly problems: Problem[]; readonly tests: number }> {
  const program = compile(definitions.segments, { timezone: definitions.timezone });
  const read = traitReader(definitions, await regionsFor(definitions));
  const problems: Problem[] = [];
  let tests = 0;
  for (const source of sources.segments) {
    const definition = definitions.segments.find(({ segment }) => segment === idOf(source));
    if (definition === undefined) continue;
    tests += definition.tests?.length ?? 0;
    problems.push(...testSegment({ program, read }, source, definition));
  }
  problems.push(...lintSegments(program, sources.segments));
  return { problems, tests };
}

/** What tests are run on: compiled segments, and how the traits of a test's person are read. */
interface Tried {
  readonly program: Program;
  readonly read: ReadTrait;
}

/** Runs the tests in one segment's file. */
export function testSegment(tried: Tried, source: Source, { segment, tests = [] }: SegmentDefinition): Problem[] {
  return tests.flatMap((test, index) =>
    runTest(tried, segment, test, ['tests', index]).map((finding) => source.place(finding)),
  );
}

function runTest({ program, read: readTrait }: Tried, segment: string, test: SegmentTest, at: Path): Finding[] {
  const read = readDocument(test.profile, readTrait);
  if (!read.ok) {
    return [{ path: [...at, 'profile'], code: read.code, found: read.reason, expected: 'a person' }];
  }
  const answer = evaluateDocument(program, read.document, parseInstant(test.now) ?? 0, segment);
  if (answer.member !== test.member) {
    const [found, expected] = [memberWords(answer.member), memberWords(test.member)];
    return [failure(test, [...at, 'member'], `${found}${reasonWords(answer.receipt.leaves)}`, expected)];
  }
  if (test.flips_at === undefined || sameInstant(test.flips_at, answer.flips_at)) return [];
  const expected = test.flips_at === null ? null : formatInstant(parseInstant(test.flips_at) ?? 0);
  return [failure(test, [...at, 'flips_at'], flipWords(answer.flips_at), flipWords(expected))];
}

function failure(test: SegmentTest, path: Path, found: string, expected: string): Finding {
  return { path, code: 'workspace/test-failed', found, expected: `${expected}: ${test.name}` };
}

function memberWords(member: boolean): string {
  return member ? 'a member' : 'not a member';
}

/** Which leaves held: what a reader needs to see why the answer is another one. */
function reasonWords(leaves: readonly { readonly path: string; readonly held: boolean }[]): string {
  return ` (${leaves.map(({ path, held }) => `${path} ${held ? 'holds' : 'does not hold'}`).join(', ')})`;
}

function flipWords(at: string | null): string {
  return at === null ? 'an answer that never flips' : `an answer that flips at ${at}`;
}

function sameInstant(written: string | null, flipsAt: string | null): boolean {
  return written === null || flipsAt === null ? written === flipsAt : parseInstant(written) === parseInstant(flipsAt);
}
