import type { Schema } from '../connectors/contract.ts';
import { type Connectors, loadConnectors } from '../connectors/define.ts';
import { connectors as registry } from '../connectors/registry.ts';
import type { Definitions } from '../domain/definitions.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { SegmentDefinition } from '../domain/segment.ts';
import { checkCondition, checkConditions, checkCycles } from './conditions.ts';
import { checkConnections, connectionsOf } from './connections.ts';
import { type Accepted, buildDefinitions } from './definitions.ts';
import { readFiles, type WorkspaceFile } from './files.ts';
import { checkValue } from './issues.ts';
import { checkLearned } from './learned.ts';
import { checkMeasured, checkMeasures } from './measured.ts';
import { type Finding, isError, type Problem, sortProblems } from './problem.ts';
import {
  checkAudience,
  checkGroups,
  checkIdentity,
  checkName,
  checkSegmentReferences,
  checkTargets,
  checkZone,
  idOf,
  type Sources,
  textAt,
} from './references.ts';
import { audienceFile } from './schema/audience.ts';
import { personaFile } from './schema/persona.ts';
import { segmentFile } from './schema/segment.ts';
import { type TributaryFile, tributaryFile } from './schema/tributary.ts';
import { findSecrets } from './secrets.ts';
import { checkFieldTargets } from './shared-fields.ts';
import { readSource, type Source } from './source.ts';

/** A workspace as read: its definitions when nothing is wrong, and everything that is. */
export interface Loaded {
  /** Undefined when any problem is an error. */
  readonly definitions: Definitions | undefined;
  readonly problems: readonly Problem[];
  /** The files, for what wants to point into them. */
  readonly sources: Sources;
}

/**
 * Reads the workspace in a folder. All problems of all files come in one go, sorted by file and place. Never throws for
 * what a folder may hold.
 */
export async function loadWorkspace(dir: string): Promise<Loaded> {
  const { files, problems } = await readFiles(dir);
  return readWorkspace(files, await loadConnectors(registry), problems);
}

/**
 * The text of each file but the main one, by its path: what is kept beside what is published, so that an edit of it keeps
 * its comments. Empty for a workspace larger than one request of the API takes.
 */
export function textsOf({ segments, personas, audiences }: Sources): Readonly<Record<string, string>> {
  const files = [...segments, ...personas, ...audiences].map(({ file, text }) => [file, text] as const);
  const size = files.reduce((sum, [, text]) => sum + text.length, 0);
  return size > MOST_TEXT ? {} : Object.fromEntries(files);
}

/** A Lambda function takes 6 MB, and letters may be of several bytes. */
const MOST_TEXT = 2_500_000;

/** The pure part of `loadWorkspace`: files in, definitions or problems out. */
export function readWorkspace(
  files: readonly WorkspaceFile[],
  connectors: Connectors,
  before: readonly Problem[] = [],
): Loaded {
  const all = files.map(({ file, bytes }) => readSource(file, bytes));
  const inFolder = (folder: string): Source[] => all.filter(({ file }) => file.startsWith(`${folder}/`));
  const sources: Sources = {
    tributary: all.find(({ file }) => !file.includes('/')),
    segments: inFolder('segments'),
    personas: inFolder('personas'),
    audiences: inFolder('audiences'),
  };
  const found: Problem[] = [...before, ...all.flatMap(({ problems }) => problems)];
  const report = (source: Source, findings: readonly Finding[]): void => {
    found.push(...findings.map((finding) => source.place(finding)));
  };

  const accepted = checkFiles(sources, connectors, report);
  for (const { source, finding } of [
    ...checkTargets(sources.audiences, sources.tributary?.value, connectors),
    ...checkFieldTargets(sources.audiences, sources.tributary?.value, connectors),
    ...checkGroups(sources.audiences, sources.segments),
    ...checkCycles(sources.segments),
  ]) {
    report(source, [finding]);
  }
  const problems = sortProblems(found);
  const { tributary } = accepted;
  const failed = problems.some(isError) || tributary === undefined;
  const definitions = failed ? undefined : buildDefinitions({ ...accepted, tributary }, connectors);
  return { definitions, problems, sources };
}

/** The files that their own schema accepts. */
type Files = Omit<Accepted, 'tributary'> & { readonly tributary: TributaryFile | undefined };

type Report = (source: Source, findings: readonly Finding[]) => void;

function checkFiles(sources: Sources, connectors: Connectors, report: Report): Files {
  const { segments, personas, audiences } = sources;
  const main = sources.tributary?.value;
  const segmentIds = segments.map(idOf);
  const personaIds = personas.map(idOf);

  function check<T>(source: Source, schema: Schema<T>, more: (value: Json) => Finding[]): T | undefined {
    if (source.value === undefined) return undefined;
    const checked = checkValue(schema, source.value);
    const findings = [...(checked.ok ? [] : checked.findings), ...more(source.value)];
    report(source, withoutSecrets(source.value, findings));
    return checked.ok ? checked.data : undefined;
  }

  const tributary =
    sources.tributary === undefined
      ? undefined
      : check(sources.tributary, tributaryFile, (value) => [
          ...checkConnections(value, connectors),
          ...checkIdentity(value),
          ...checkZones(value),
          ...checkMeasures(value),
          ...checkLearned(value, keptIn(value)),
        ]);
  return {
    tributary,
    segments: present(segments, (source) => {
      const retention = tributary?.privacy.activities_kept;
      const around = { siblings: segments, segments: segmentIds, personas: personaIds, retention, tributary: main };
      const { definition, findings } = checkSegment(source, around);
      report(source, findings);
      return definition;
    }),
    personas: present(personas, (source) =>
      check(source, personaFile, () => checkName(source, 'persona', personas)),
    ) as JsonObject[],
    audiences: present(audiences, (source) =>
      check(source, audienceFile, (value) => [
        ...checkName(source, 'audience', audiences),
        ...checkAudience(value, main, segmentIds, connectors),
        ...checkExpression(value, segmentIds, tributary?.privacy.activities_kept),
      ]),
    ),
  };
}

/** What a segment may refer to, and how far back it may look. */
interface AroundSegment {
  readonly siblings: readonly Source[];
  readonly segments: readonly string[];
  readonly personas: readonly string[];
  /** In ms; undefined when not known. */
  readonly retention: number | undefined;
  /** tributary.yaml as written, for what it measures. */
  readonly tributary: Json | undefined;
}

/** Checks the file of one segment against what stands around it. */
export function checkSegment(
  source: Source,
  { siblings, segments, personas, retention, tributary }: AroundSegment,
): { readonly definition: SegmentDefinition | undefined; readonly findings: readonly Finding[] } {
  const { value } = source;
  if (value === undefined) return { definition: undefined, findings: [] };
  const checked = checkValue(segmentFile, value);
  const findings = [
    ...(checked.ok ? [] : checked.findings),
    ...checkName(source, 'segment', siblings),
    ...checkSegmentReferences(value, personas),
    ...checkConditions(value, segments, retention),
    ...checkMeasured(value, tributary),
  ];
  // The schema leaves every value as written; the condition is the segment language's own to check.
  const definition = checked.ok ? (value as unknown as SegmentDefinition) : undefined;
  return { definition, findings: withoutSecrets(value, findings) };
}

/** An audience may hold a condition in the place of a segment's name. */
function checkExpression(audience: Json, segments: readonly string[], retention: number | undefined): Finding[] {
  const segment = isJsonObject(audience) ? audience.segment : undefined;
  return isJsonObject(segment) ? checkCondition(segment, ['segment'], segments, retention) : [];
}

function present<T>(sources: readonly Source[], read: (source: Source) => T | undefined): T[] {
  return sources.map(read).filter((value) => value !== undefined);
}

/** How long activities are kept, as far as it can be read. */
function keptIn(tributary: Json): number | undefined {
  const read = tributaryFile.shape.privacy.safeParse(isJsonObject(tributary) ? tributary.privacy : undefined);
  return read.success ? read.data.activities_kept : undefined;
}

function checkZones(tributary: Json): Finding[] {
  const timezone = textAt(tributary, 'timezone');
  return [...connectionsOf(tributary)].flatMap(([name, { streams }]) =>
    Object.entries(typeof streams === 'object' && streams !== null ? streams : {}).flatMap(([stream, words]) =>
      checkZone(words, ['connections', name, 'streams', stream], timezone),
    ),
  );
}

/** A value that looks like a secret is the only finding about itself: no other may show it. */
function withoutSecrets(value: Json, findings: readonly Finding[]): Finding[] {
  const secrets = findSecrets(value);
  const hidden = new Set(secrets.map(({ path }) => path.join('\n')));
  return [...findings.filter(({ path }) => !hidden.has(path.join('\n'))), ...secrets];
}
