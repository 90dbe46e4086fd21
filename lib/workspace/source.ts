import {
  type Alias,
  Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Json, JsonObject } from '../domain/json.ts';
import { describeFound } from '../domain/segment/problem.ts';
import type { Finding, Problem } from './problem.ts';

/** Bytes of one file; far above what a person writes, far below what makes a parser slow. */
export const MOST_BYTES = 262_144;

/** Values in one file with aliases written out: what turns an alias bomb into a problem. */
const MOST_VALUES = 50_000;
const MOST_DEPTH = 64;
const WITHIN_BOUNDS = `at most ${MOST_VALUES} values, ${MOST_DEPTH} deep, aliases written out`;
const MOST_SYNTAX_PROBLEMS = 20;

/** One YAML file: its value as plain JSON, what is wrong with the YAML itself, and where each value stands. */
export interface Source {
  readonly file: string;
  /** Undefined when the YAML cannot be used at all. */
  readonly value: Json | undefined;
  /** As it was written; empty when the bytes are no text. */
  readonly text: string;
  readonly problems: readonly Problem[];
  /** Puts a finding at its line and column. A path that leads nowhere stands at its nearest parent. */
  place(finding: Finding): Problem;
}

/** Reads the bytes of one YAML file. Total: never throws, whatever the bytes are. */
export function readSource(file: string, bytes: Uint8Array): Source {
  if (bytes.length > MOST_BYTES) {
    return unusable(file, 'workspace/file-too-large', `${bytes.length} bytes`, `at most ${MOST_BYTES} bytes`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes); // Takes a byte order mark off, too.
  } catch {
    return unusable(file, 'workspace/not-utf-8', 'bytes that are no UTF-8', 'a text file in UTF-8');
  }
  // Before it is parsed: the parser goes into what is nested by calling itself, and Node ends where it has gone too far.
  if (isNestedTooDeep(text)) return unusable(file, 'workspace/too-much', 'more', WITHIN_BOUNDS);
  const lines = new LineCounter();
  // Duplicate keys are looked for below: the parser's own check takes quadratic time on a map of many keys.
  const options = { lineCounter: lines, uniqueKeys: false, prettyErrors: false, resolveKnownTags: false } as const;
  const document = parseDocument(text, options);
  const problemAt = (offset: number, rest: Omit<Problem, 'file' | 'line' | 'column'>): Problem => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), ...rest };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.slice(0, MOST_SYNTAX_PROBLEMS).map(({ code, message, pos }) => {
      const found = message.charAt(0).toLowerCase() + message.slice(1);
      const expected = code === 'TAB_AS_INDENT' ? 'spaces' : 'YAML 1.2';
      return problemAt(pos[0], { code: 'workspace/bad-yaml', found, expected });
    });
    return { file, value: undefined, text, problems, place: (finding) => problemAt(0, withoutPath(finding)) };
  }
  const problems: Problem[] = document.warnings.map(({ pos }) =>
    problemAt(pos[0], {
      code: 'workspace/unknown-tag',
      found: describeFound(text.slice(pos[0], pos[1])),
      expected: 'a value without a tag',
    }),
  );
  const targets = targetsIn(document);
  const { value, faults } = toJson(document, targets);
  for (const { offset, ...fault } of faults) problems.push(problemAt(offset, fault));
  return {
    file,
    value,
    text,
    problems,
    place: (finding) => problemAt(offsetAt(document, targets, finding), withoutPath(finding)),
  };
}

function withoutPath({
  code,
  found,
  expected,
  suggestion,
  severity,
}: Finding): Omit<Problem, 'file' | 'line' | 'column'> {
  return {
    code,
    found,
    expected,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(severity === undefined ? {} : { severity }),
  };
}

function unusable(file: string, code: string, found: string, expected: string): Source {
  const place = (finding: Finding): Problem => ({ file, line: 1, column: 1, ...withoutPath(finding) });
  return { file, value: undefined, text: '', problems: [place({ path: [], code, found, expected })], place };
}

interface Fault {
  readonly offset: number;
  readonly code: string;
  readonly found: string;
  readonly expected: string;
}

/**
 * Whether brackets, or the marks of lists and keys that stand on one line, open more levels than a file may have. What is
 * nested by indentation alone has no more levels than the square root of twice its bytes.
 */
function isNestedTooDeep(text: string): boolean {
  let brackets = 0;
  let onLine = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') brackets += 1;
    else if (token === ']' || token === '}') brackets = Math.max(0, brackets - 1);
    else if (token === '-' || token === '?' || token === ':') onLine += 1;
    else if (token === '\n') onLine = 0;
    if (brackets > MOST_DEPTH) return true;
    if (brackets === 0 && onLine > MOST_DEPTH) return true;
  }
  return false;
}

/** Stops a conversion that has gone past what one file may hold. */
class TooMuch extends Error {}

/** What each alias stands for. Looked up once for all: asking an alias itself goes through the whole file each time. */
type Targets = ReadonlyMap<Alias, Node>;

/** The node of an anchor's name that was written last before the alias (YAML 1.2.2, 7.1). */
function targetsIn(document: Document): Targets {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

function toJson(document: Document, targets: Targets): { value: Json | undefined; faults: Fault[] } {
  const faults: Fault[] = [];
  let values = 0;

  function convert(node: unknown, depth: number): Json {
    values += 1;
    if (values > MOST_VALUES || depth > MOST_DEPTH) throw new TooMuch();
    if (isAlias(node)) {
      const target = targets.get(node);
      if (target !== undefined) return convert(target, depth + 1);
      fault(node, 'workspace/unknown-alias', `the alias *${node.source}`, 'an anchor written earlier in the file');
      return null;
    }
    if (isMap(node)) return convertMap(node, depth);
    if (isSeq(node)) return node.items.map((item) => convert(item, depth + 1));
    const value: unknown = isScalar(node) ? node.value : null;
    if (typeof value === 'number' && !Number.isFinite(value)) {
      fault(node, 'workspace/wrong-type', String(value), 'a finite number');
      return null;
    }
    return value === undefined || typeof value === 'object' ? null : (value as Json);
  }

  function convertMap(map: YAMLMap, depth: number): Json {
    const object: Record<string, Json> = Object.create(null);
    for (const pair of map.items) {
      const key = keyText(pair);
      if (key === undefined) {
        fault(pair.key ?? map, 'workspace/wrong-type', 'a key that is no text', 'a plain text as key');
      } else if (Object.hasOwn(object, key)) {
        fault(pair.key, 'workspace/duplicate-key', `key ${describeFound(key)} a second time`, 'each key once in a map');
      } else {
        object[key] = convert(pair.value, depth + 1);
      }
    }
    return { ...object };
  }

  function fault(node: unknown, code: string, found: string, expected: string): void {
    faults.push({ offset: startOf(node) ?? 0, code, found, expected });
  }

  try {
    return { value: convert(document.contents, 0), faults };
  } catch (thrown) {
    if (!(thrown instanceof TooMuch)) throw thrown;
    const fault = { offset: 0, code: 'workspace/too-much', found: 'more', expected: WITHIN_BOUNDS };
    return { value: undefined, faults: [fault] };
  }
}

function offsetAt(document: Document, targets: Targets, { path, atKey }: Pick<Finding, 'path' | 'atKey'>): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, step] of path.entries()) {
    const holder = isAlias(node) ? targets.get(node) : node;
    if (isSeq(holder) && typeof step === 'number') {
      node = holder.items[step];
    } else if (isMap(holder)) {
      const pair = holder.items.find((item) => keyText(item) === String(step));
      if (pair === undefined) return offset;
      if (atKey === true && index === path.length - 1) return startOf(pair.key) ?? offset;
      node = pair.value;
      // A key with nothing after it: its value has no place of its own.
      if (startOf(node) === undefined || isEmptyScalar(node)) return startOf(pair.key) ?? offset;
    } else {
      return offset;
    }
    offset = startOf(node) ?? offset;
  }
  return offset;
}

function keyText(pair: Pair): string | undefined {
  const { key } = pair;
  if (!isScalar(key) || key.value === null || typeof key.value === 'object') return undefined;
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

function isEmptyScalar(node: unknown): boolean {
  return isScalar(node) && node.value === null && (node.source ?? '') === '';
}

function startOf(node: unknown): number | undefined {
  if (isPair(node)) return startOf(node.key);
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}

const LINE_WIDTH = 120;
/** Letters of a leaf that still stands on one line. */
const SHORT = 100;

/** Writes a value as people write workspace files: short maps in lists stand on a line. */
export function writeSource(value: JsonObject): string {
  const document = new Document(value);
  layOut(document.contents, false);
  return document.toString({ lineWidth: LINE_WIDTH });
}

function layOut(node: unknown, inList: boolean): void {
  if (isSeq(node)) {
    for (const item of node.items) layOut(item, true);
    node.flow = node.items.every((item) => isScalar(item)) && isShort(node);
  } else if (isMap(node)) {
    for (const { key, value } of node.items) layOut(value, inList || (isScalar(key) && key.value === 'not'));
    node.flow = inList && node.items.every(({ value }) => isScalar(value) || isFlow(value)) && isShort(node);
  }
}

function isFlow(node: unknown): boolean {
  return (isMap(node) || isSeq(node)) && node.flow === true;
}

function isShort(node: Node): boolean {
  return JSON.stringify(node.toJSON()).length <= SHORT;
}
