import { type Compiled, compileDefinitions } from '../../domain/decide.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { TributaryError } from '../../domain/errors.ts';
import { openCatalogue } from '../../domain/facet/catalogue.ts';
import type { Archive, StateStore } from '../ports.ts';
import { readPublication } from './publication.ts';
import { loadRegions } from './regions.ts';

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

/** Definitions with their segments compiled; the same object while the version is the same. */
export function openCompiled(definitions: () => Promise<Definitions>): () => Promise<Compiled> {
  let held: Compiled | undefined;
  return async function currentCompiled() {
    const current = await definitions();
    if (held?.definitions === current) return held;
    held = await compileWithRegions(current);
    return held;
  };
}

/** Definitions compiled, with the table of regions where a condition is about one. */
export async function compileWithRegions(definitions: Definitions): Promise<Compiled> {
  return compileDefinitions(definitions, asksForRegions(definitions) ? await loadRegions() : undefined);
}

/** Whether a condition is about a region. Only then the table of regions is worth its memory. */
function asksForRegions({ segments, traits }: Definitions): boolean {
  const { kindOf } = openCatalogue(traits);
  const asked = JSON.stringify(segments.map(({ when }) => when)).matchAll(/"trait":"([^"]+)"/g);
  return [...asked].some(([, path = '']) => kindOf(path)?.type === 'region');
}

/** Versions held compiled at the same time: what is published, what was before, and what is planned. */
const VERSIONS_HELD = 4;

/** Any version compiled, for what was decided by former definitions or would be by planned ones. Undefined = lost. */
export function openVersions(archive: Archive): (version: string) => Promise<Compiled | undefined> {
  const held = new Map<string, Compiled>();
  return async function compiledVersion(version) {
    const known = held.get(version);
    if (known !== undefined || version === '') return known;
    const document = await archive.getJson(definitionsKey(version));
    if (document === undefined) return undefined;
    const compiled = await compileWithRegions(document as unknown as Definitions);
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
