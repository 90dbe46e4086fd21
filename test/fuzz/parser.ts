import fc from 'fast-check';
import { TributaryError } from '../../lib/domain/errors.ts';
import { isJsonObject, type Json } from '../../lib/domain/json.ts';
import { mutatedBytes, mutatedJson, mutatedText } from './hostile.ts';

/** Something that reads what strangers wrote. */
export interface Parser {
  readonly name: string;
  readonly inputs: fc.Arbitrary<unknown>;
  /** Reads one input. May throw a TributaryError of kind `rejected` or `config`, and nothing else. */
  readonly read: (input: never) => unknown;
}

export function ofJson(name: string, sound: readonly Json[], read: (input: Json) => unknown): Parser {
  return { name, inputs: mutatedJson(sound), read };
}

export function ofText(name: string, sound: readonly string[], read: (input: string) => unknown): Parser {
  return { name, inputs: mutatedText(sound), read };
}

export function ofBytes(name: string, sound: readonly Uint8Array[], read: (input: Uint8Array) => unknown): Parser {
  return { name, inputs: mutatedBytes(sound), read };
}

/** Both: the bytes of JSON, broken as bytes and changed as values. */
export function ofJsonBytes(name: string, sound: readonly Uint8Array[], read: (input: Uint8Array) => unknown): Parser {
  const values = sound.flatMap((bytes) => jsonOf(bytes));
  const written = values.length === 0 ? [] : [mutatedJson(values).map((value) => Buffer.from(JSON.stringify(value)))];
  return { name, inputs: fc.oneof(mutatedBytes(sound), ...written), read };
}

function jsonOf(bytes: Uint8Array): readonly Json[] {
  try {
    return [JSON.parse(Buffer.from(bytes).toString('utf8')) as Json];
  } catch {
    return []; // Of this one only the bytes are changed.
  }
}

/** The one person in the corpus. Whoever repeats them in an error would repeat anybody. */
const PERSON = /fuzzed\.person/i;
/** How much larger than its input anything may become, in letters. */
const GROWTH = { factor: 200, more: 400_000 };

/**
 * What holds for every parser and every input: it ends with a value or a refusal, the value is one that can be sent on, it
 * is not out of proportion to what came in, no refusal repeats a person, and nothing that is everybody's was changed.
 */
export async function holds({ name, read }: Parser, input: unknown): Promise<void> {
  const before = inherited();
  const said: string[] = [];
  let value: unknown;
  try {
    value = await read(input as never);
  } catch (thrown) {
    if (!(thrown instanceof TributaryError) || (thrown.kind !== 'rejected' && thrown.kind !== 'config')) throw thrown;
    said.push(thrown.message, thrown.code);
  }
  const letters = lettersOf(value, said, name);
  const most = GROWTH.factor * lettersOf(input, [], name) + GROWTH.more;
  if (letters > most)
    throw new Error(`${name} made ${letters} letters of its input, at most ${most} are in proportion`);
  const repeated = said.find((text) => PERSON.test(text));
  if (repeated !== undefined) throw new Error(`${name} repeats a person: ${repeated}`);
  if (inherited() !== before) throw new Error(`${name} changed what everything inherits`);
}

/** Tries very many inputs. A failure names its seed and its path, by which it comes again. */
export async function fuzz(parser: Parser, how: { readonly numRuns: number; readonly seed?: number }): Promise<void> {
  await fc.assert(
    fc.asyncProperty(parser.inputs, (input) => holds(parser, input)),
    how,
  );
}

function inherited(): string {
  const everybodys = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype];
  return everybodys.map((one) => Reflect.ownKeys(one).length).join();
}

/** Letters of a value, and on the way the reasons that it gives. Throws for what no JSON can hold. */
function lettersOf(value: unknown, said: string[], name: string): number {
  const left: unknown[] = [value];
  let letters = 0;
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one === 'function' || typeof one === 'symbol') throw new Error(`${name} gave a ${typeof one}`);
    if (typeof one === 'string') letters += one.length;
    else if (one instanceof Uint8Array) letters += one.byteLength;
    else if (Array.isArray(one)) {
      letters += one.length;
      for (const inner of one as unknown[]) left.push(inner);
    } else if (typeof one === 'object' && one !== null) {
      for (const [key, inner] of Object.entries(one)) {
        letters += key.length;
        if ((key === 'reason' || key === 'message') && typeof inner === 'string' && isRefusal(one)) said.push(inner);
        left.push(inner);
      }
    } else letters += 1;
  }
  return letters;
}

function isRefusal(value: object): boolean {
  return isJsonObject(value) && typeof value.code === 'string' && /^[a-z]+\/[a-z0-9-]+$/.test(value.code);
}
