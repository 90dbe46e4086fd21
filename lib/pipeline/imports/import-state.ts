import { TributaryError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Clock, StateStore } from '../ports.ts';

/** One file on its way in, under one mapping. */
export interface ImportState {
  readonly connection: string;
  /** SHA-256 of the file's bytes. */
  readonly content: string;
  readonly at: string;
  /** When a dropped file went back to this content; absent = it is the first time, or nothing came in between. */
  readonly backAt?: string;
  readonly startedAt: string;
  readonly ended?: boolean;
}

/** So long a file that was begun is gone on with, and one that was sent is known. Later it is sent anew, to the same end. */
export const IMPORT_KEPT_MS = 30 * 24 * 3_600_000;
/** As long as activities are kept unless a workspace says otherwise: so long a content has its time, and a name its content. */
export const FILE_KNOWN_MS = 400 * 24 * 3_600_000;
/** More than the messages of one batch: numbers of messages are batch × this + n. */
const MESSAGES_IN_BATCH = 100;

export async function readImport(state: StateStore, id: string): Promise<ImportState> {
  const found = await state.get('import', id);
  if (found !== undefined) return found.body as unknown as ImportState;
  throw new TributaryError('rejected', 'api/no-such-import', 'no import has that id, or it is known no longer');
}

/** Notes which messages a batch is sent as, before it is: until each is folded the import is not. */
export async function noteSent(
  deps: { readonly state: StateStore; readonly clock: Clock },
  id: string,
  batch: number,
  messages: number,
): Promise<readonly number[]> {
  if (messages > MESSAGES_IN_BATCH) {
    const message = `the batch makes ${messages} messages, at most ${MESSAGES_IN_BATCH} are taken; send fewer rows at once`;
    throw new TributaryError('rejected', 'import/batch-too-large', message);
  }
  const numbers = Array.from({ length: messages }, (_, n) => batch * MESSAGES_IN_BATCH + n);
  const expiresAt = deps.clock.now().getTime() + IMPORT_KEPT_MS;
  await deps.state.addNumbers(`import-sent#${id}`, numbers, expiresAt);
  return numbers;
}

/** Whether everything that was sent of an import is folded into profiles. */
export async function isImportFolded(state: StateStore, id: string): Promise<boolean> {
  const { sent, folded } = await countFolded(state, id);
  return folded === sent;
}

/** An import as part of a job. */
export async function importPart(state: StateStore, part: JsonObject): Promise<JsonObject> {
  const { sent, folded } = await countFolded(state, String(part.import));
  return { ...part, state: folded === sent ? 'finished' : 'running', messages: sent, folded };
}

async function countFolded(state: StateStore, id: string): Promise<{ sent: number; folded: number }> {
  const sent = await state.numbers(`import-sent#${id}`);
  const done = await state.numbers(`folded#${id}`);
  return { sent: sent.size, folded: [...sent].filter((number) => done.has(number)).length };
}
