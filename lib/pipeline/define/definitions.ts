import { type Compiled, compileDefinitions } from '../../domain/decide.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { TributaryError } from '../../domain/errors.ts';
import type { Models } from '../../domain/learned/model.ts';
import { type ModelsFor, openModels } from '../learn/models.ts';
import type { Archive, StateStore } from '../ports.ts';
import { readPublication } from './publication.ts';
import { regionsAskedFor } from './regions.ts';

export interface DefinitionStores {
  readonly state: StateStore;
  readonly archive: Archive;
}

/** Which definitions are published. `moves` counts how often that changed: back and forth is not as before. */
export interface Pointer {
  readonly version: string;
  readonly moves: number;
}

/** The pointer as stored; undefined when nothing was ever published. */
export async function readPointer(state: StateStore): Promise<Pointer | undefined> {
  const current = await readPublication(state);
  return current === undefined ? undefined : { version: current.version, moves: current.moves };
}

/** The published definitions, by one small read an invocation; the document itself is fetched once a version. */
export function openDefinitions(deps: {
  readonly state: StateStore;
  readonly archive: Pick<Archive, 'getJson'>;
}): () => Promise<Definitions> {
  let held: Definitions | undefined;
  return async function currentDefinitions() {
    const current = await readPointer(deps.state);
    if (current === undefined) {
      throw new TributaryError(
        'config',
        'definitions/none',
        'nothing is published yet: send the definitions of a workspace to /api/definitions',
      );
    }
    if (held?.version !== current.version) held = await loadDefinitions(deps.archive, current.version);
    return held;
  };
}

/** One version of the definitions, published or planned. Throws `definitions/lost` when it is not in the archive. */
export async function loadDefinitions(archive: Pick<Archive, 'getJson'>, version: string): Promise<Definitions> {
  const document = await archive.getJson(definitionsKey(version));
  if (document === undefined) {
    throw new TributaryError('defect', 'definitions/lost', `the definitions ${version} are not in the archive`);
  }
  return document as unknown as Definitions;
}

/** What is published, as functions read it: definitions, the same compiled with the models that hold, any version compiled. */
export function openPublished(deps: DefinitionStores) {
  const definitions = openDefinitions(deps);
  const models = openModels(deps);
  return {
    definitions,
    /** How long activities are kept, in ms. */
    keptMs: async () => (await definitions()).privacy.activitiesKeptMs,
    compiled: openCompiled(definitions, models),
    versions: openVersions(deps.archive, models),
    regionsFor: regionsAskedFor,
  };
}

/** Definitions with their segments compiled, and the models that hold; the same object while neither changes. */
export function openCompiled(definitions: () => Promise<Definitions>, modelsFor: ModelsFor): () => Promise<Compiled> {
  let held: Compiled | undefined;
  return async function currentCompiled() {
    const current = await definitions();
    const models = await modelsFor(current);
    if (held?.definitions === current && held.learned?.models === models) return held;
    held = await compileWhole(current, models);
    return held;
  };
}

/** Definitions compiled with the table of regions, where a condition is about one, and with models. */
export async function compileWhole(definitions: Definitions, models: Models | undefined): Promise<Compiled> {
  const regions = await regionsAskedFor(definitions);
  return compileDefinitions(definitions, { regions, models });
}

/** Versions held compiled at the same time: what is published, what was before, and what is planned. */
const VERSIONS_HELD = 4;

/**
 * Any version compiled, for what was decided by former definitions or would be by planned ones, with the models that hold now.
 * Undefined = lost.
 */
export function openVersions(
  archive: Archive,
  modelsFor: ModelsFor,
): (version: string) => Promise<Compiled | undefined> {
  const held = new Map<string, Compiled>();
  return async function compiledVersion(version) {
    const known = held.get(version);
    if (version === '') return undefined;
    const models = known === undefined ? undefined : await modelsFor(known.definitions);
    if (known !== undefined && known.learned?.models === models) return known;
    const document = known?.definitions ?? (await archive.getJson(definitionsKey(version)));
    if (document === undefined) return undefined;
    const definitions = document as unknown as Definitions;
    const compiled = await compileWhole(definitions, models ?? (await modelsFor(definitions)));
    const [oldest] = held.keys();
    if (held.size >= VERSIONS_HELD && oldest !== undefined) held.delete(oldest);
    held.set(version, compiled);
    return compiled;
  };
}

/** Where a version lies in the archive. */
export function definitionsKey(version: string): string {
  return `definitions/${version}.json.gz`;
}
