import fc from 'fast-check';
import type { Json } from '../../lib/domain/json.ts';

/** Names and texts that did harm somewhere: to prototypes, to walkers that call themselves, to terminals, sheets and pages. */
export const hostileNames = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'valueOf', 'length'],
  ...['', '.', '..', 'a.__proto__.b', 'constructor.prototype.polluted', '\u0000', '../../etc/passwd'],
];

export const hostileTexts = [
  ...hostileNames,
  ...['\ud800', '\udc00\ud800', '\ufffe\uffff', '\u2028', '\u202e', 'İ'.repeat(300), 'e\u0301'.repeat(300)],
  ...[
    '1e400',
    '-0',
    '9'.repeat(400),
    '0x10',
    'NaN',
    '+49'.repeat(90),
    `+${'9'.repeat(249)}`,
    `${'a'.repeat(64)}@`.repeat(40),
  ],
  ...["=cmd|'/c calc'!A0", '\r\nSet-Cookie: a=b', '<script>alert(1)</script>', "'; DROP TABLE people; --"],
  ...['\u001b]0;title\u0007', 'a@'.repeat(5_000), '.'.repeat(20_000), ' '.repeat(20_000), '('.repeat(5_000)],
  ...['9999-12-31T23:59:59.999999999Z', '0000-00-00', '2026-02-30T25:61:61Z', '2026-11-21T00:00:00+99:99'],
];

const numbers = [0, -0, -1, 1e308, -1e308, 5e-324, 2 ** 53, -(2 ** 53) - 1, 8.64e15, 8.64e15 + 1, 1e21];

/** A value nested that deep, in lists and objects by turns. */
export function deep(levels: number): Json {
  let value: Json = 'bottom';
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

const hostileValue: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(...hostileTexts),
  fc.constantFrom<Json>(...numbers, null, true, false, [], {}, [[]], [null]),
  fc.constantFrom(20, 70, 800).map(deep),
  // As JSON.parse makes it: an own property of that name.
  fc.constantFrom(...hostileNames).map((name) => Object.fromEntries([[name, { polluted: true }]])),
  fc.integer({ min: 1, max: 300 }).map((count) => Array.from({ length: count }, () => 'x')),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
);

interface Place {
  readonly path: readonly (string | number)[];
}

/** Places of a value that can be changed; what was made deep or long on purpose is one place. */
function placesIn(value: Json, path: readonly (string | number)[] = []): Place[] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (path.length > 12 || inner.length > 60) return [{ path }];
  return [{ path }, ...inner.flatMap(([key, one]) => placesIn(one as Json, [...path, key]))];
}

/** The value with what stands at a place changed. A name is changed by `rename`. */
function changed(value: Json, path: readonly (string | number)[], to: Json, rename: string | undefined): Json {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null) return to;
  const entries = Object.entries(value).map(([key, inner]): [string, Json] => {
    if (key !== String(step)) return [key, inner as Json];
    const name = rest.length === 0 && rename !== undefined ? rename : key;
    return [
      name,
      rest.length === 0 && rename !== undefined ? (inner as Json) : changed(inner as Json, rest, to, rename),
    ];
  });
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}

/** A sound value with a few places made hostile: another value, or another name. */
export function mutatedJson(sound: readonly Json[]): fc.Arbitrary<Json> {
  const mutation = fc.record({
    at: fc.nat(),
    to: hostileValue,
    rename: fc.option(fc.constantFrom(...hostileNames), { nil: undefined, freq: 4 }),
  });
  return fc
    .tuple(fc.constantFrom(...sound), fc.array(mutation, { minLength: 0, maxLength: 4 }))
    .map(([value, mutations]) =>
      mutations.reduce((held: Json, { at, to, rename }) => {
        const places = placesIn(held);
        const place = places[at % places.length];
        return place === undefined ? held : changed(held, place.path, to, rename);
      }, value),
    );
}

/** Sound bytes with a few pieces put in, taken out, said again, or put together from two of them. */
export function mutatedBytes(sound: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const piece = fc.oneof(
    fc.constantFrom(...hostileTexts.filter((text) => text.length < 400)).map((text) => Buffer.from(text)),
    fc
      .constantFrom(
        '"',
        '\\',
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '\n',
        '\r\n',
        '&a ',
        '*a ',
        '<!ENTITY a "b">',
        '%',
        '&',
        '\u0000',
      )
      .map((text) => Buffer.from(text)),
    fc.constantFrom('[', '{"a":', '- ', '<a>', '&x=', '"').map((text) => Buffer.from(text.repeat(4_000))),
    fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
  );
  const mutation = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat({ max: 40 }),
    does: fc.constantFrom('insert', 'replace', 'delete', 'repeat', 'flip', 'cut', 'splice'),
    piece,
    other: fc.constantFrom(...sound),
  });
  return fc.tuple(fc.constantFrom(...sound), fc.array(mutation, { maxLength: 5 })).map(([bytes, mutations]) =>
    mutations.reduce((held: Buffer, { at, length, does, piece: put, other }) => {
      const from = Math.floor(at * held.length);
      const [before, after] = [held.subarray(0, from), held.subarray(from)];
      switch (does) {
        case 'insert':
          return Buffer.concat([before, put, after]);
        case 'replace':
          return Buffer.concat([before, put, after.subarray(put.length)]);
        case 'delete':
          return Buffer.concat([before, after.subarray(length)]);
        case 'repeat':
          return Buffer.concat([before, ...Array.from({ length: 20 }, () => after.subarray(0, length)), after]);
        case 'flip':
          return Buffer.from(held.map((byte, index) => (index === from ? byte ^ (1 << (length % 8)) : byte)));
        case 'cut':
          return Buffer.from(before);
        default:
          return Buffer.concat([before, Buffer.from(other).subarray(Math.floor(at * other.length))]);
      }
    }, Buffer.from(bytes)),
  );
}

export const mutatedText = (sound: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    mutatedBytes(sound.map((text) => Buffer.from(text))).map((bytes) => Buffer.from(bytes).toString('utf8')),
    fc.constantFrom(...hostileTexts),
    fc.string({ unit: 'binary', maxLength: 200 }),
  );
