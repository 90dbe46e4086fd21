import type { Connectors } from '../connectors/define.ts';
import { canonicalText } from '../domain/canonical.ts';
import { traitReader } from '../domain/decide.ts';
import type { Definitions } from '../domain/definitions.ts';
import type { ReadTrait } from '../domain/facet/read-trait.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { compile } from '../domain/segment/compile.ts';
import { withReferences } from '../domain/segment/order.ts';
import type { SegmentDefinition } from '../domain/segment.ts';
import { fileOfSegment, type ReadSegment } from '../domain/segment-text.ts';
import { type RegionsFor, testSegment } from './check.ts';
import { checkCycles } from './conditions.ts';
import { lintWorkspace } from './lint.ts';
import { lintSegments } from './lint-segments.ts';
import { checkSegment } from './load.ts';
import { type Finding, isError, type Problem, sortProblems } from './problem.ts';
import { readSource, type Source, writeSource } from './source.ts';

/** The text of one segment that was written elsewhere than in a folder. */
export function writeEdited(definition: SegmentDefinition | JsonObject): string {
  return writeSource(definition as unknown as JsonObject);
}

/** Checks the text of one segment as `tributary check` does, against the published definitions around it. */
export async function readEdited(
  segment: string,
  text: string,
  published: Definitions,
  given: { readonly connectors: Connectors; readonly regionsFor: RegionsFor },
): Promise<ReadSegment> {
  const source = readSource(fileOfSegment(segment), new TextEncoder().encode(text));
  const others = published.segments.filter((one) => one.segment !== segment);
  const found: Problem[] = [...source.problems];
  const report = (findings: readonly Finding[]) => found.push(...findings.map((finding) => source.place(finding)));

  const checked = checkSegment(source, {
    siblings: others.map((one) => standing(fileOfSegment(one.segment), one as unknown as Json)),
    segments: [segment, ...others.map((one) => one.segment)],
    personas: published.personas.map(({ persona }) => String(persona)),
    retention: published.privacy.activitiesKeptMs,
    tributary: mainOf(published),
  });
  report(checked.findings);
  // The edited one first: a circle is told where it was closed.
  const ring = [source, ...others.map((one) => standing(fileOfSegment(one.segment), one as unknown as Json))];
  report(checkCycles(ring).map(({ finding }) => finding));
  // The rest of the workspace is here as what is published, and not for this editor to judge.
  found.push(...lintWorkspace(alone(source, published), given.connectors).filter(({ file }) => file === source.file));
  if (checked.definition === undefined || found.some(isError)) return { problems: sortProblems(found) };
  const { definition } = checked;
  const regions = await given.regionsFor({ ...published, segments: [...others, definition] });
  found.push(...tryOut(source, definition, others, published, traitReader(published, regions)));
  const problems = sortProblems(found);
  return problems.some(isError) ? { problems } : { problems, definition };
}

/** The tests in the file, and what compiling tells: with what it refers to, and those that ask the same. */
function tryOut(
  source: Source,
  definition: SegmentDefinition,
  others: readonly SegmentDefinition[],
  { timezone }: Definitions,
  read: ReadTrait,
): Problem[] {
  const when = canonicalText(definition.when);
  const alike = others.filter((one) => canonicalText(one.when) === when);
  const needed = withReferences([...others, definition], definition.segment);
  const program = compile([...alike.filter((one) => !needed.includes(one)), ...needed], { timezone });
  const sources = [...alike.map((one) => standing(fileOfSegment(one.segment), one as unknown as Json)), source];
  const lint = lintSegments(program, sources).filter(({ file }) => file === source.file);
  return [...testSegment({ program, read }, source, definition), ...lint];
}

/** What is published, as if it were a file: it is pointed to by name only. */
function standing(file: string, value: Json): Source {
  const place: Source['place'] = ({ path: _path, atKey: _atKey, ...rest }) =>
    ({ file, line: 1, column: 1, ...rest }) as Problem;
  return { file, value, text: '', problems: [], place };
}

/** The workspace around the edited file. */
function alone(source: Source, published: Definitions) {
  return { tributary: standing('tributary.yaml', mainOf(published)), segments: [source], personas: [], audiences: [] };
}

/** tributary.yaml as far as segments ask it: what fills traits and activities, and what is measured. */
function mainOf(published: Definitions): Json {
  const connections = Object.entries(published.connections).map(([name, { connector, streams, config }]) => {
    return [name, { ...config, connector, streams: { ...streams } }];
  });
  const computed = isJsonObject(published.computed) ? published.computed : {};
  const main = {
    connections: Object.fromEntries(connections) as JsonObject,
    collection: { write_keys: { ...published.collection.writeKeys } },
    computed: Object.fromEntries(Object.keys(computed).map((rule) => [rule, {}])),
    ...(published.learned === undefined ? {} : { learned: published.learned }),
    ...(published.measures === undefined ? {} : { measures: published.measures }),
  };
  return main as unknown as Json;
}
