import * as z from 'zod';
import type { Schema } from '../connectors/contract.ts';
import { isJsonObject, type Json } from '../domain/json.ts';
import { describeFound, type Path } from '../domain/segment/problem.ts';
import { nearest } from './nearest.ts';
import type { Finding } from './problem.ts';

/** What a schema makes of a value: the value it read, or what is wrong with it. */
export type Checked<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** Checks a value with one of the workspace's own schemas, or with a connector's; `at` is where the value stands. */
export function checkValue<T>(schema: Schema<T>, value: Json | undefined, at: Path = []): Checked<T> {
  if (!(schema instanceof z.ZodType)) {
    const parsed = schema.safeParse(value);
    if (parsed.success) return { ok: true, data: parsed.data };
    const findings = parsed.error.issues.map(({ path, message }) => {
      const full = [...at, ...plainPath(path)];
      const found = describeFound(valueAtPath(value, plainPath(path)));
      return { path: full, code: 'workspace/bad-value', found, expected: withoutPrefix(message) };
    });
    return { ok: false, findings };
  }
  const parsed = z.safeParse(schema, value, { error: expectation });
  if (parsed.success) return { ok: true, data: parsed.data as T };
  const findings = parsed.error.issues.flatMap((issue) => findingsOf(schema, issue, value));
  return { ok: false, findings: findings.map((finding) => ({ ...finding, path: [...at, ...finding.path] })) };
}

/** The keys that a schema knows for the map at a path; undefined where it takes any key, or cannot say. */
export function knownKeys(schema: unknown, path: Path = []): readonly string[] | undefined {
  let at = unwrap(schema);
  for (const step of path) {
    if (at instanceof z.ZodObject) at = unwrap(at.shape[step] ?? at.def.catchall);
    else if (at instanceof z.ZodRecord) at = unwrap(at.valueType);
    else if (at instanceof z.ZodArray) at = unwrap(at.element);
    else return undefined;
  }
  return closedKeys(at);
}

/** The keys of a map that takes no others; of several forms of a map, the keys of all of them. */
function closedKeys(schema: unknown): readonly string[] | undefined {
  if (schema instanceof z.ZodUnion) {
    const forms = schema.options.map((option) => closedKeys(unwrap(option)));
    return forms.every((keys) => keys !== undefined) ? [...new Set(forms.flat())] : undefined;
  }
  if (!(schema instanceof z.ZodObject)) return undefined;
  const { catchall } = schema.def;
  return catchall === undefined || catchall instanceof z.ZodNever ? Object.keys(schema.shape) : undefined;
}

/** The schema of what is written, without what makes it optional, defaults it or reads on from it. */
function unwrap(schema: unknown): unknown {
  let at = schema;
  for (;;) {
    if (at instanceof z.ZodPipe) at = at.in;
    else if (at instanceof z.ZodOptional || at instanceof z.ZodNullable) at = at.unwrap();
    else if (at instanceof z.ZodDefault || at instanceof z.ZodPrefault) at = at.unwrap();
    else return at;
  }
}

/** A key that does not belong where it stands. */
export function unknownKey(path: Path, known: readonly string[]): Finding {
  const key = String(path.at(-1));
  return {
    path,
    atKey: true,
    code: 'workspace/unknown-key',
    found: `key ${describeFound(key)}`,
    expected: known.length === 0 ? 'no key here' : `one of ${known.join(', ')}`,
    suggestion: nearest(key, known),
  };
}

/** The value at a path of keys and indexes, or undefined. */
function valueAtPath(value: Json | undefined, path: Path): Json | undefined {
  let at: Json | undefined = value;
  for (const step of path) {
    if (Array.isArray(at) && typeof step === 'number') at = at[step];
    else if (isJsonObject(at) && Object.hasOwn(at, String(step))) at = at[String(step)];
    else return undefined;
  }
  return at;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/** Words for issues whose schema does not bring its own. */
function expectation(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      return limitWords('at least', Number(issue.minimum), issue.origin);
    case 'too_big':
      return limitWords('at most', Number(issue.maximum), issue.origin);
    case 'invalid_format':
      return issue.pattern === undefined ? `a text in the form ${issue.format}` : `a text like ${issue.pattern}`;
    default:
      return issue.message ?? 'another value';
  }
}

function limitWords(bound: string, limit: number, origin: string): string {
  if (origin === 'string') return limit === 1 ? 'a text that is not empty' : `a text of ${bound} ${limit} characters`;
  if (origin === 'array' || origin === 'record') return `${bound} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return `${bound} ${limit}`;
}

function findingsOf(schema: z.ZodType, issue: z.core.$ZodIssue, root: Json | undefined): Finding[] {
  const path = plainPath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, path) ?? [];
    return issue.keys.map((key) => unknownKey([...path, key], known));
  }
  if (issue.code === 'invalid_union') {
    // One alternative takes values of this type and says in words of ours what is wrong with this one: that is meant.
    const close = issue.errors.filter(
      (one) => !one.some((inner) => inner.path.length === 0 && inner.code !== 'custom'),
    );
    const [only] = close;
    if (only !== undefined && close.length === 1 && only.every(({ code }) => code === 'custom')) {
      return only.flatMap((inner) => findingsOf(schema, { ...inner, path: [...issue.path, ...inner.path] }, root));
    }
  }
  const value = valueAtPath(root, path);
  const expected = withoutPrefix(issue.message);
  if (issue.code === 'invalid_key') {
    const found = `key ${describeFound(String(path.at(-1)))}`;
    return [
      {
        path,
        atKey: true,
        code: 'workspace/bad-value',
        found,
        expected: withoutPrefix(issue.issues[0]?.message ?? expected),
      },
    ];
  }
  if (issue.code === 'invalid_union' && isJsonObject(value)) {
    const known = knownKeys(schema, path);
    const strange = known === undefined ? [] : Object.keys(value).filter((key) => !known.includes(key));
    if (strange.length > 0) return strange.map((key) => unknownKey([...path, key], known ?? []));
  }
  if (value === undefined && path.length > 0) {
    const key = `key ${describeFound(String(path.at(-1)))}`;
    return [{ path, code: 'workspace/missing-key', found: `no ${key}`, expected: `${key}: ${expected}` }];
  }
  const { code, suggestion } = customOf(issue);
  const options = issue.code === 'invalid_value' ? issue.values.map(String) : [];
  return [
    {
      path,
      code: code ?? (issue.code === 'invalid_type' ? 'workspace/wrong-type' : 'workspace/bad-value'),
      found: describeFound(value),
      expected,
      suggestion: suggestion ?? (typeof value === 'string' ? nearest(value, options) : undefined),
    },
  ];
}

function customOf(issue: z.core.$ZodIssue): { code?: string; suggestion?: string } {
  const params = issue.code === 'custom' ? issue.params : undefined;
  return {
    ...(typeof params?.code === 'string' ? { code: params.code } : {}),
    ...(typeof params?.suggestion === 'string' ? { suggestion: params.suggestion } : {}),
  };
}

/** Connectors' own messages say "expected …"; the problem has that word already. */
function withoutPrefix(message: string): string {
  return message.replace(/^expected /, '');
}

function plainPath(path: readonly PropertyKey[]): Path {
  return path.map((step) => (typeof step === 'symbol' ? String(step) : step));
}
