import { createWriteStream, type WriteStream } from 'node:fs';
import { chmod, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TributaryError } from '../lib/domain/errors.ts';

/** A file that a command writes. */
export interface OutputFile {
  /** Puts a text in its place, all of it or nothing. Throws `cli/cannot-write`. */
  write(text: string): Promise<void>;
  /** Begins it anew, to be written bit by bit. Throws `cli/cannot-write`. */
  begin(): Promise<WriteStream>;
}

/**
 * Looks whether a file can be written, before the work whose result it takes. What is in it already stays until then; a new
 * file takes its place, so that `forOwner` also holds where there was one that everybody may read. Throws `cli/cannot-write`.
 */
export async function openOutput(path: string, { forOwner = false } = {}): Promise<OutputFile> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory() === true) throw cannotWrite(path, new Error('it is a folder'));
  // A pipe or a terminal is nobody's to replace.
  const inPlace = there !== undefined && !there.isFile();
  const place = there === undefined || inPlace ? path : await realpath(path);
  const beside = join(dirname(place), `.${basename(place)}.${process.pid}.tmp`);

  async function replace(text: string): Promise<void> {
    await writeFile(beside, text, { mode: forOwner ? 0o600 : 0o666, flag: 'wx' });
    if (there !== undefined && !forOwner) await chmod(beside, there.mode & 0o777);
    await rename(beside, place);
  }

  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (cause) {
      await rm(beside, { force: true }).catch(() => {}); // What is said is why it could not be written.
      throw cannotWrite(path, cause);
    }
  };

  if (!inPlace) {
    await guarded(async () => {
      await writeFile(beside, '', { mode: 0o600, flag: 'wx' });
      await rm(beside);
    });
  }
  return {
    write: (text) => guarded(() => (inPlace ? writeFile(place, text) : replace(text))),
    async begin() {
      if (!inPlace) await guarded(() => replace(''));
      return createWriteStream(place, { flags: 'a' });
    },
  };
}

export function cannotWrite(path: string, cause: unknown): TributaryError {
  const why = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : '';
  return new TributaryError('config', 'cli/cannot-write', `${path} cannot be written: ${why}`, { cause });
}
