import { asTributaryError } from '../lib/domain/errors.ts';
import { openCatalogue, type TraitKinds } from '../lib/domain/facet/catalogue.ts';
import { openTraitReader, type ReadTrait } from '../lib/domain/facet/read-trait.ts';
import type { Milliseconds } from '../lib/domain/instant.ts';
import { compile, type Program } from '../lib/domain/segment/compile.ts';
import { type DocumentAnswer, evaluateDocument, readDocument } from '../lib/domain/segment/document.ts';
import type { SegmentDefinition } from '../lib/domain/segment.ts';
import { regionsAskedFor } from '../lib/pipeline/define/regions.ts';
import { parseLine } from './lines.ts';

/** What became of a piece of a file of profiles. */
export interface EvaluatedChunk {
  /** NDJSON, a line for each profile that could be used. */
  readonly answers: Uint8Array;
  readonly lines: number;
  readonly profiles: number;
  /** Lines that could not be used, counted from 0 in this piece. */
  readonly problems: readonly { readonly line: number; readonly code: string; readonly reason: string }[];
}

type Evaluated =
  | { readonly ok: true; readonly answer: DocumentAnswer }
  | { readonly ok: false; readonly code: string; readonly reason: string };

/** What `tributary evaluate` asks of every profile: as text and numbers, so that workers can be told. */
export interface EvaluateJob {
  readonly definition: SegmentDefinition;
  readonly timezone: string;
  /** Traits of the workspace's own. */
  readonly traits: TraitKinds;
  readonly now: Milliseconds;
}

interface Evaluator {
  readonly program: Program;
  readonly read: ReadTrait;
  readonly now: Milliseconds;
}

export async function openEvaluator({ definition, timezone, traits, now }: EvaluateJob): Promise<Evaluator> {
  const regions = await regionsAskedFor({ segments: [definition], traits });
  const read = openTraitReader({
    catalogue: openCatalogue(traits),
    // A document comes from no connection.
    countries: {},
    ...(regions === undefined ? {} : { regions }),
  });
  return { program: compile([definition], { timezone }), read, now };
}

/** Evaluates a piece of whole lines. */
export function evaluateChunk(evaluator: Evaluator, piece: Uint8Array): EvaluatedChunk {
  const texts = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('utf8').split('\n');
  if (texts.at(-1) === '') texts.pop();
  const problems: EvaluatedChunk['problems'][number][] = [];
  let answers = '';
  let profiles = 0;
  for (const [line, text] of texts.entries()) {
    if (text.trim() === '') continue;
    profiles += 1;
    const evaluated = evaluateLine(evaluator, text);
    if (evaluated.ok) answers += `${JSON.stringify(evaluated.answer)}\n`;
    else problems.push({ line, code: evaluated.code, reason: evaluated.reason });
  }
  return { answers: new TextEncoder().encode(answers), lines: texts.length, profiles, problems };
}

function evaluateLine({ program, read: readTrait, now }: Evaluator, text: string): Evaluated {
  const value = parseLine(text);
  if (value === undefined) {
    return { ok: false, code: 'segment/bad-document', reason: 'expected one JSON object on the line' };
  }
  const read = readDocument(value, readTrait);
  if (!read.ok) return read;
  try {
    return { ok: true, answer: evaluateDocument(program, read.document, now) };
  } catch (thrown) {
    // One profile that cannot be answered must not keep the others from theirs.
    const { code, message } = asTributaryError(thrown);
    return { ok: false, code, reason: message };
  }
}
