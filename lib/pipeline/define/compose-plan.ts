import { createHash } from 'node:crypto';
import { type Connectors, destinationFor, loadConnectorsOf, type Registry } from '../../connectors/define.ts';
import { canonicalText } from '../../domain/canonical.ts';
import { changesBetween, type DefinitionChange, leavingLists } from '../../domain/compare-definitions.ts';
import type { DeployChange } from '../../domain/declared.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { addPreviews, type Estimate, estimate, type Preview } from '../../domain/preview.ts';
import type { Archive } from '../ports.ts';
import { callsFor } from '../push/ways.ts';
import { loadDefinitions, type Pointer } from './definitions.ts';
import { isSample, readPreview } from './preview-people.ts';
import type { Scan, ScanPart } from './scan.ts';

/** One definition that differs, with whom it moves. */
export interface PlannedDefinition extends DefinitionChange {
  readonly entering?: number;
  readonly leaving?: number;
  readonly staying?: number;
  /** In words → how many of those who move. */
  readonly reasons?: Readonly<Record<string, number>>;
  /** With a sample: the ends of the 95 % interval of each count. */
  readonly intervals?: Readonly<Record<string, Estimate>>;
  /** People who stay on the tool's list of an audience that is removed or bound to another list. */
  readonly left?: number;
  readonly note?: string;
}

export interface PlannedAudience {
  readonly id: string;
  readonly add: number;
  readonly remove: number;
  readonly unchanged: number;
  readonly blocked: Readonly<Record<string, number>>;
  /** The fewest calls that the destination's batch size allows. */
  readonly calls: number;
}

/** What publishing a workspace would change. The hash names both definitions and the state of what is published. */
export interface Plan {
  readonly hash: string;
  readonly workspace: string;
  readonly candidate: string;
  /** What it was compared with; null = nothing was published. */
  readonly base: Pointer | null;
  readonly madeAt: string;
  readonly deploy: readonly DeployChange[];
  readonly definitions: readonly PlannedDefinition[];
  readonly audiences: readonly PlannedAudience[];
  /** Whether everybody was counted, or a random sample. */
  readonly counted: { readonly how: 'everybody' | 'sample'; readonly people: number; readonly of: number };
  /** Whether stored activities must be read to fill what segments newly ask for, and how many there are. */
  readonly history: { readonly needed: boolean } & Preview['history'];
  /** What applying takes, in units of DynamoDB: everybody is read and written once. */
  readonly cost: { readonly reads: number; readonly writes: number; readonly activities: number };
}

/** What a plan is made of, besides what its scan counts. */
export interface PlanAbout {
  readonly base: Pointer | null;
  readonly candidate: string;
  readonly deploy: readonly DeployChange[];
  readonly population: number;
}

/** Makes the plan out of what a scan counted. */
export async function composePlan(
  deps: { readonly archive: Archive; readonly connectors: Registry },
  about: PlanAbout,
  madeAt: string,
  scan: Scan | undefined,
  parts: readonly ScanPart[],
): Promise<Plan> {
  const candidate = await loadDefinitions(deps.archive, about.candidate);
  const connectors = await loadConnectorsOf(deps.connectors, candidate);
  const base = about.base === null ? undefined : await loadDefinitions(deps.archive, about.base.version);
  const preview = addPreviews(parts.map(({ found }) => readPreview(found)));
  const sampled = scan !== undefined && isSample(scan);
  const of = sampled ? Math.max(about.population, preview.people) : preview.people;
  const scaled = (found: number): number => (sampled ? estimate(found, preview.people, of).count : found);
  const readUnits = parts.reduce((sum, part) => sum + part.readUnits, 0);
  const identity = { candidate: about.candidate, base: about.base };
  return {
    hash: createHash('sha256').update(canonicalText(identity)).digest('hex').slice(0, 16),
    workspace: candidate.workspace,
    candidate: about.candidate,
    base: about.base,
    madeAt,
    deploy: about.deploy,
    ...planOf({ base, candidate, preview, of, sampled }, connectors),
    counted: { how: sampled ? 'sample' : 'everybody', people: preview.people, of },
    history: {
      needed: preview.history.people > 0,
      people: scaled(preview.history.people),
      ...scaledHistory(preview, of),
    },
    cost: {
      reads: Math.ceil((readUnits / Math.max(1, preview.people)) * of),
      writes: base?.version === candidate.version ? 0 : of,
      activities: scaledHistory(preview, of).activities,
    },
  };
}

/** What a preview comes to: whom each definition that differs moves, and what a push of each list would do. */
export function planOf(
  compared: Compared,
  connectors: Connectors,
  changes: readonly DefinitionChange[] = changesBetween(compared.base, compared.candidate),
): Pick<Plan, 'definitions' | 'audiences'> {
  const { candidate, preview, of, sampled } = compared;
  const scaled = (found: number): number => (sampled ? estimate(found, preview.people, of).count : found);
  const audiences = candidate.audiences.map(({ audience, connection, target }): PlannedAudience => {
    const found = preview.audiences[audience];
    const [add, remove] = [scaled(found?.add ?? 0), scaled(found?.remove ?? 0)];
    const connector = connectors[candidate.connections[connection]?.connector ?? ''];
    const destination = destinationFor(connector, target) ?? { batch: { maxMembers: 1 } };
    const blocked = Object.entries(found?.blocked ?? {}).map(([reason, count]) => [reason, scaled(count)]);
    return {
      id: audience,
      add,
      remove,
      unchanged: scaled(found?.unchanged ?? 0),
      blocked: Object.fromEntries(blocked) as Record<string, number>,
      calls: callsFor(destination, add) + callsFor(destination, remove),
    };
  });
  return { definitions: changes.map((change) => planned(change, compared)), audiences };
}

function scaledHistory({ people, history }: Preview, of: number) {
  const factor = people === 0 ? 1 : of / people;
  return {
    fragments: Math.round(history.fragments * factor),
    activities: Math.round(history.activities * factor),
  };
}

/** What a definition that differs is told by. */
export interface Compared {
  readonly base: Definitions | undefined;
  readonly candidate: Definitions;
  readonly preview: Preview;
  readonly of: number;
  readonly sampled: boolean;
}

function planned(change: DefinitionChange, compared: Compared): PlannedDefinition {
  if (change.kind === 'segment') return { ...change, ...segmentCounts(change.id, compared) };
  if (change.kind === 'audience') return { ...change, ...leftOn(change.id, compared) };
  const note = NOTES[`${change.kind} ${change.id}`] ?? NOTES[change.kind];
  return note === undefined || change.change === 'added' ? change : { ...change, note };
}

/** Changes whose effect on people is not counted say so. */
const NOTES: Readonly<Record<string, string>> = {
  'identity priorities': 'which source wins changes at once, and is counted in segments',
  identity: 'who is one person is decided anew only for records that change from now on; nobody is counted here',
  guardrails: 'holds from the next push on',
  privacy: 'what is stored already expires as it was stored; the archive changes with the next deployment',
  connection: 'holds from the next pull and push on',
};

function segmentCounts(id: string, { preview, of, sampled }: Compared) {
  const found = preview.segments[id] ?? { entering: 0, leaving: 0, staying: 0, reasons: {} };
  const { entering, leaving, staying, reasons } = found;
  if (!sampled) return { entering, leaving, staying, reasons };
  const intervals = {
    entering: estimate(entering, preview.people, of),
    leaving: estimate(leaving, preview.people, of),
    staying: estimate(staying, preview.people, of),
  };
  const scaled = Object.entries(reasons).map(([reason, n]) => [reason, estimate(n, preview.people, of).count]);
  return {
    entering: intervals.entering.count,
    leaving: intervals.leaving.count,
    staying: intervals.staying.count,
    reasons: Object.fromEntries(scaled) as Record<string, number>,
    intervals,
  };
}

function leftOn(id: string, { base, candidate, preview }: Compared) {
  const before = base === undefined ? undefined : leavingLists(base, candidate).find(({ audience }) => audience === id);
  if (before === undefined) return {};
  const left = preview.left[id] ?? 0;
  const note = `people on the present list in ${before.connection} stay there: nobody keeps that list any more`;
  return left === 0 ? { left } : { left, note };
}
