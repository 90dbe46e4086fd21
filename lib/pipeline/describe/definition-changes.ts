import { changesBetween, type DefinitionChange } from '../../domain/compare-definitions.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { tellInLine } from '../../domain/segment/tell-condition.ts';
import { textOf } from '../define/sources.ts';
import type { Archive, SegmentTexts } from '../ports.ts';
import { namesFor } from './segment-names.ts';

/** One definition in both forms, as text; null where it is not there. */
export interface ShownChange extends DefinitionChange {
  readonly before: string | null;
  readonly after: string | null;
  /** Of segments: the condition as a sentence. */
  readonly sentences?: { readonly before: string | null; readonly after: string | null };
}

export interface VersionChanges {
  readonly from: string;
  readonly to: string;
  readonly changes: readonly ShownChange[];
  /** Changes that are not shown. */
  readonly more: number;
}

const MOST_SHOWN = 50;

interface Deps {
  readonly archive: Archive;
  readonly texts: SegmentTexts;
}

/** What differs between two versions, definition by definition. */
export async function compareVersions(deps: Deps, before: Definitions, after: Definitions): Promise<VersionChanges> {
  const changes = changesBetween(before, after).filter(({ change }) => change !== 'follows');
  const shown: ShownChange[] = [];
  for (const change of changes.slice(0, MOST_SHOWN)) {
    const texts = { before: await shownIn(deps, before, change), after: await shownIn(deps, after, change) };
    const sentences = { before: sentenceIn(before, change.id), after: sentenceIn(after, change.id) };
    shown.push({ ...change, ...texts, ...(change.kind === 'segment' ? { sentences } : {}) });
  }
  return { from: before.version, to: after.version, changes: shown, more: changes.length - shown.length };
}

async function shownIn(deps: Deps, definitions: Definitions, { kind, id }: DefinitionChange): Promise<string | null> {
  if (kind === 'segment') {
    const definition = definitions.segments.find(({ segment }) => segment === id);
    return definition === undefined ? null : (await textOf(deps, definitions, definition)).text;
  }
  const value = valueIn(definitions, kind, id);
  if (value === undefined) return null;
  return deps.texts.write(isJsonObject(value) ? value : { [id]: value });
}

function valueIn(definitions: Definitions, kind: DefinitionChange['kind'], id: string): Json | undefined {
  const { personas, audiences, connections, traits, computed, workspace, timezone } = definitions;
  const maps: Partial<Readonly<Record<DefinitionChange['kind'], unknown>>> = {
    persona: Object.fromEntries(personas.map((one) => [String(one.persona), one])),
    audience: Object.fromEntries(audiences.map((one) => [one.audience, one])),
    connection: connections,
    trait: traits,
    computed,
    listening: definitions.listening,
    identity: definitions.identity,
    guardrails: definitions.guardrails,
    privacy: definitions.privacy,
    // Write keys are public names of sources.
    collection: definitions.collection,
    workspace: { name: workspace, timezone },
  };
  // Through JSON: what is undefined is not there.
  const map = JSON.parse(JSON.stringify(maps[kind] ?? {})) as JsonObject;
  return map[id];
}

function sentenceIn(definitions: Definitions, id: string): string | null {
  const definition = definitions.segments.find(({ segment }) => segment === id);
  return definition === undefined ? null : tellInLine(definition.when, namesFor(definitions, definition.when));
}
