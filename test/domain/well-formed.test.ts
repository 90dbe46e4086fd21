import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Json, queueableText } from '../../lib/domain/json.ts';
import { parseChange } from '../../lib/domain/parse-change.ts';

const text = fc.string({
  unit: fc.constantFrom('a', 'é', '😀', '\ud83d', '\ude00', '\ufffe', '\\ud800', '\u0000'),
  minLength: 1,
});
const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.constantFrom<Json>(null, true, 7),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(text, tie('value'), { maxKeys: 3 }),
  ),
})).value;
const object = fc.dictionary(text, json, { maxKeys: 4 });
const record = text.map((id) => `crm:contact:${id}`);
const told = {
  fragment: record,
  at: fc.constant('2026-11-20T00:00:00Z'),
  identifiers: fc.array(fc.record({ type: fc.constant('crm'), value: text }), { maxLength: 2 }),
};
const consent = fc.record({
  ...{ topic: text, address: text, state: fc.constant('granted'), by: fc.constant('person'), source: text },
  at: fc.constant('2026-11-20T00:00:00Z'),
});
const change = fc.oneof(
  fc.record({
    ...{ kind: fc.constant('profile'), ...told, traits: object, accounts: fc.array(record, { maxLength: 2 }) },
    consent: fc.array(consent, { maxLength: 2 }),
  }),
  fc.record({ kind: fc.constant('activity'), ...told, id: text, name: text, properties: object }),
  fc.record({ kind: fc.constant('gone'), ...told }),
  fc.record({ kind: fc.constant('unmerge'), fragment: record, at: told.at, from: record }),
  fc.record({
    ...{ kind: fc.constant('voided'), fragment: record, at: told.at, stream: text },
    ...{ since: fc.constant('2026-11-19T00:00:00Z'), until: fc.constant('2026-11-20T00:00:00Z') },
  }),
  fc.record({ kind: fc.constant('account'), account: record, at: told.at, traits: object }),
);

/** Every text of a value, names of keys among them. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsOf(inner)]);
}

describe('a change that was parsed', () => {
  it('holds no half of a letter, whatever was sent', () => {
    fc.assert(
      fc.property(change, (sent) => {
        const parsed = parseChange(JSON.parse(queueableText(sent)));
        if (!parsed.ok) return;
        expect(textsOf(parsed.change).filter((one) => !one.isWellFormed())).toEqual([]);
      }),
    );
  });

  it('is otherwise what was sent, and the same when it is parsed again', () => {
    fc.assert(
      fc.property(change, (sent) => {
        const parsed = parseChange(sent);
        if (!parsed.ok) return;
        expect(parseChange(parsed.change)).toEqual(parsed);
        if (textsOf(sent).every((one) => one.isWellFormed())) expect(parsed.change).toMatchObject(sent);
      }),
    );
  });

  it('has the sign for what cannot be read in the place of the half', () => {
    const told = { kind: 'activity', fragment: 'web:user:u1', at: '2026-11-20T00:00:00Z', id: '\ud800', name: 'Seen' };

    expect(parseChange({ ...told, properties: { '\udc00': ['😀', 'cut \ud83d'] } })).toMatchObject({
      change: { id: '\ufffd', properties: { '\ufffd': ['😀', 'cut \ufffd'] } },
    });
  });
});
