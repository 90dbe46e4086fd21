import { canonicalText } from './canonical.ts';
import type { AudienceDefinition, Definitions } from './definitions.ts';
import type { Json } from './json.ts';
import { versionOf } from './segment/compile.ts';
import { referencesOf } from './segment/order.ts';
import type { SegmentDefinition } from './segment.ts';

export type DefinitionKind =
  | 'segment'
  | 'persona'
  | 'audience'
  | 'connection'
  | 'identity'
  | 'guardrails'
  | 'privacy'
  | 'trait'
  | 'computed'
  | 'learned'
  | 'listening'
  | 'measures'
  | 'collection'
  | 'workspace';

/** One thing that another document says otherwise. */
export interface DefinitionChange {
  readonly kind: DefinitionKind;
  readonly id: string;
  /** `follows`: its own text is the same, and a segment that it refers to changes. */
  readonly change: 'added' | 'edited' | 'removed' | 'follows';
  /** Segments that it follows. */
  readonly follows?: readonly string[];
}

/** What differs between published definitions and others, segments first. Nothing published = everything is added. */
export function changesBetween(before: Definitions | undefined, after: Definitions): readonly DefinitionChange[] {
  const segments = (definitions: Definitions) => named(definitions.segments, ({ segment }) => segment);
  const personas = (definitions: Definitions) => named(definitions.personas, ({ persona }) => String(persona));
  const audiences = (definitions: Definitions) => named(definitions.audiences, ({ audience }) => audience);
  const rest = ({ workspace, timezone }: Definitions) => ({ name: workspace, timezone });
  const compare = (kind: DefinitionKind, of: (definitions: Definitions) => Readonly<Record<string, unknown>>) =>
    differing(kind, before === undefined ? {} : of(before), of(after));
  return [
    ...compare('segment', segments),
    ...following(before, after),
    ...compare('persona', personas),
    ...compare('audience', audiences),
    ...compare('connection', ({ connections }) => connections),
    ...compare('identity', ({ identity }) => ({ ...identity })),
    ...compare('trait', ({ traits }) => ({ ...traits })),
    ...compare('computed', ({ computed }) => ({ ...computed })),
    ...compare('learned', ({ learned }) => ({ ...learned })),
    ...compare('listening', ({ listening }) => ({ ...listening })),
    ...compare('measures', ({ measures }) => ({ ...measures })),
    ...compare('guardrails', ({ guardrails }) => ({ ...guardrails })),
    ...compare('privacy', ({ privacy }) => privacy),
    ...compare('collection', ({ collection }) => collection),
    ...compare('workspace', rest),
  ];
}

/**
 * Segments whose answer about somebody can differ, because their condition differs, or that of a segment that they refer
 * to, over any number of steps, or because traits are read otherwise: which source wins, of what kind a trait is, what is computed
 * or learned.
 * Another title or test moves nobody.
 */
export function affectedSegments(before: Judging | undefined, after: Judging): ReadonlySet<string> {
  const moved = new Set<string>();
  const old = new Map(before?.segments.map((one) => [one.segment, one]));
  const now = new Map(after.segments.map((one) => [one.segment, one]));
  const reread = before !== undefined && readingOf(before) !== readingOf(after);
  for (const id of new Set([...old.keys(), ...now.keys()])) {
    const [was, is] = [old.get(id), now.get(id)];
    if (reread || was === undefined || is === undefined || versionOf(was) !== versionOf(is)) moved.add(id);
  }
  for (let size = -1; size !== moved.size; ) {
    size = moved.size;
    for (const { segment, when } of now.values())
      if (referencesOf(when).some((id) => moved.has(id))) moved.add(segment);
  }
  return moved;
}

type Judging = Pick<Definitions, 'segments' | 'timezone' | 'identity' | 'traits' | 'computed' | 'learned'>;

/** What decides how a condition reads a person, besides the condition itself. */
function readingOf(judging: Judging): string {
  const { timezone, identity, traits = {}, computed = {}, learned } = judging;
  const { priorities, countries } = identity;
  // When models are trained decides nothing.
  const { at: _, ...learns } = learned ?? { at: undefined };
  return canonicalText({ timezone, priorities, countries, traits, computed, learns } as unknown as Json);
}

/** Whether two forms of an audience speak of different lists: the people of the former stay where they are. */
export function leavesList(before: AudienceDefinition, after: AudienceDefinition | undefined): boolean {
  if (after === undefined) return true;
  return before.connection !== after.connection || canonicalText(before.target) !== canonicalText(after.target);
}

/** Audiences of which nobody keeps the list any more that they fill. */
export function leavingLists(
  before: Pick<Definitions, 'audiences'>,
  after: Pick<Definitions, 'audiences'>,
): readonly AudienceDefinition[] {
  const now = new Map(after.audiences.map((one) => [one.audience, one]));
  return before.audiences.filter((one) => leavesList(one, now.get(one.audience)));
}

function following(before: Definitions | undefined, after: Definitions): DefinitionChange[] {
  if (before === undefined) return [];
  const moved = affectedSegments(before, after);
  const text = new Map(before.segments.map((one) => [one.segment, canonicalText(one)]));
  const same = (one: SegmentDefinition) => text.get(one.segment) === canonicalText(one);
  return after.segments
    .filter((one) => moved.has(one.segment) && same(one))
    .map((one) => ({
      kind: 'segment' as const,
      id: one.segment,
      change: 'follows' as const,
      follows: referencesOf(one.when).filter((id) => moved.has(id)),
    }));
}

function differing(
  kind: DefinitionKind,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): DefinitionChange[] {
  const ids = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return ids.flatMap((id): DefinitionChange[] => {
    const [was, is] = [before[id], after[id]];
    if (was === undefined) return [{ kind, id, change: 'added' }];
    if (is === undefined) return [{ kind, id, change: 'removed' }];
    return canonicalText(was as Json) === canonicalText(is as Json) ? [] : [{ kind, id, change: 'edited' }];
  });
}

function named<T>(list: readonly T[], idOf: (one: T) => string): Record<string, T> {
  return Object.fromEntries(list.map((one) => [idOf(one), one]));
}
