import { collectionOf } from '../domain/collection.ts';
import { type Compiled, compileDefinitions } from '../domain/decide.ts';
import type { Definitions } from '../domain/definitions.ts';
import { TributaryError } from '../domain/errors.ts';
import { openCatalogue } from '../domain/facet/catalogue.ts';
import type { Json } from '../domain/json.ts';
import { COLLECTION_KEY } from './collection.ts';
import type { Archive, Queue, StateStore } from './ports.ts';
import { loadRegions } from './regions.ts';

const KIND = 'definitions';
const CURRENT = 'current';
/** Parts in which everybody is decided again after a change of definitions. */
const SCAN_PARTS = 8;

/** The published definitions, by one small read an invocation; the document itself is fetched once a version. */
export function openDefinitions(deps: {
  readonly state: StateStore;
  readonly archive: Pick<Archive, 'getJson'>;
}): () => Promise<Definitions> {
  let held: Definitions | undefined;
  return async function currentDefinitions() {
    const current = await deps.state.get(KIND, CURRENT);
    const version = current?.body.version;
    if (typeof version !== 'string') {
      throw new TributaryError(
        'config',
        'definitions/none',
        'nothing is published yet: send the definitions of a workspace to /api/definitions',
      );
    }
    if (held?.version === version) return held;
    const document = await deps.archive.getJson(keyOf(version));
    if (document === undefined) {
      throw new TributaryError(
        'defect',
        'definitions/lost',
        `the published definitions ${version} are not in the archive`,
      );
    }
    held = document as unknown as Definitions;
    return held;
  };
}

/** Definitions with their segments compiled; the same object while the version is the same. */
export function openCompiled(definitions: () => Promise<Definitions>): () => Promise<Compiled> {
  let held: Compiled | undefined;
  return async function currentCompiled() {
    const current = await definitions();
    if (held?.definitions === current) return held;
    held = compileDefinitions(current, asksForRegions(current) ? await loadRegions() : undefined);
    return held;
  };
}

/** Whether a condition is about a region. Only then the table of regions is worth its memory. */
function asksForRegions({ segments, traits }: Definitions): boolean {
  const { kindOf } = openCatalogue(traits);
  const asked = JSON.stringify(segments.map(({ when }) => when)).matchAll(/"trait":"([^"]+)"/g);
  return [...asked].some(([, path = '']) => kindOf(path)?.type === 'region');
}

/**
 * How long the scan after a change of definitions waits. Longer than the pointer takes to move and resolve-profile may
 * run after it: whoever still decides by the former definitions has written by then, and nobody is missed.
 */
export const SCAN_DELAY_SECONDS = 120;

/**
 * Publishes definitions: the document, what receiving messages needs of it, then a scan to come that decides everybody
 * again, then the pointer. The scan is asked for first: after the pointer has moved, publishing again does no more than
 * put the write keys right. Returns whether anything changed.
 */
export async function publishDefinitions(
  deps: { readonly state: StateStore; readonly archive: Pick<Archive, 'putJson'>; readonly recompute: Queue },
  definitions: Definitions,
): Promise<boolean> {
  for (;;) {
    const current = await deps.state.get(KIND, CURRENT);
    await deps.archive.putJson(COLLECTION_KEY, collectionOf(definitions) as unknown as Json);
    if (current?.body.version === definitions.version) return false;
    await deps.archive.putJson(keyOf(definitions.version), definitions as unknown as Json);
    if (current !== undefined) {
      const parts = Array.from({ length: SCAN_PARTS }, (_, part) => ({ scan: { part, of: SCAN_PARTS } }));
      await deps.recompute.send(parts.map((body) => ({ body, delaySeconds: SCAN_DELAY_SECONDS })));
    }
    const body = { version: definitions.version, workspace: definitions.workspace };
    if (await deps.state.put(KIND, CURRENT, body, current?.version ?? 0)) return true;
  }
}

function keyOf(version: string): string {
  return `definitions/${version}.json.gz`;
}
