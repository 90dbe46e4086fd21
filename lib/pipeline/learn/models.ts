import type { Definitions } from '../../domain/definitions.ts';
import { TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Models } from '../../domain/learned/model.ts';
import { readParts, readScan } from '../define/scan.ts';
import type { Archive, Clock, StateStore } from '../ports.ts';

/** Which models people are scored by. `moves` counts how often that changed. */
export interface ModelsPointer {
  readonly version: string;
  readonly asOf: number;
  readonly moves: number;
  /** When it moved, RFC 3339; null when it did before this was kept. */
  readonly at: string | null;
}

/** The models that hold for definitions; the same object while they are the same. Undefined: nothing is learned (yet). */
export type ModelsFor = (definitions: Definitions) => Promise<Models | undefined>;

const KIND = 'models';
const CURRENT = 'current';

export async function readModelsPointer(state: Pick<StateStore, 'get'>): Promise<ModelsPointer | undefined> {
  const current = await state.get(KIND, CURRENT);
  if (current === undefined) return undefined;
  const { version, asOf, at } = current.body;
  return {
    version: String(version),
    asOf: Number(asOf),
    moves: current.version,
    at: typeof at === 'string' ? at : null,
  };
}

/** Moves the pointer on condition that it still is what it was. False when somebody else moved it. */
export function moveModelsPointer(
  { state, clock }: { readonly state: StateStore; readonly clock: Pick<Clock, 'now'> },
  to: Models,
  from: ModelsPointer | undefined,
): Promise<boolean> {
  const at = formatInstant(clock.now().getTime());
  return state.put(KIND, CURRENT, { version: to.version, asOf: to.asOf, at }, from?.moves ?? 0);
}

/** The published models, by one small read an invocation where a workspace learns; the document once a version. */
export function openModels(deps: {
  readonly state: Pick<StateStore, 'get'>;
  readonly archive: Pick<Archive, 'getJson'>;
}): ModelsFor {
  let held: Models | undefined;
  return async function modelsFor({ learned }) {
    if (learned === undefined) return undefined;
    const current = await readModelsPointer(deps.state);
    if (current === undefined) return undefined;
    if (held?.version !== current.version) held = await loadModels(deps.archive, current.version);
    return held;
  };
}

/** One version of the models. Throws `learn/models-lost` when it is not in the archive. */
export async function loadModels(archive: Pick<Archive, 'getJson'>, version: string): Promise<Models> {
  const document = await archive.getJson(modelsKey(version));
  if (document !== undefined) return document as unknown as Models;
  throw new TributaryError('defect', 'learn/models-lost', `the models ${version} are not in the archive`);
}

/** Where a version lies in the archive. */
export function modelsKey(version: string): string {
  return `models/${version}.json.gz`;
}

/** The id of the scan that scores everybody after a move of the pointer: the same however often the move is tried. */
export function scoreScanId(version: string, moves: number): string {
  return `score.${version}.${moves}`;
}

/** Whether everybody is being scored by other models right now. */
export async function isScoring(state: StateStore): Promise<boolean> {
  const pointer = await readModelsPointer(state);
  const scan =
    pointer === undefined ? undefined : await readScan(state, scoreScanId(pointer.version, pointer.moves - 1));
  return scan !== undefined && (await readParts(state, scan)).some(({ done }) => !done);
}
