import { describe, expect, it } from 'vitest';
import type { Json } from '../../../lib/domain/json.ts';
import { compile } from '../../../lib/domain/segment/compile.ts';
import { evaluateDocument, readDocument } from '../../../lib/domain/segment/document.ts';
import { readTrait } from './ask.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');

describe('readDocument', () => {
  it.each<[Json, string]>([
    [3, 'expected an object'],
    [{ id: 7 }, 'id: expected a text'],
    [{ traits: [] }, 'traits: expected an object'],
    [{ activities: {} }, 'activities: expected a list'],
    [
      { activities: [{ name: 'A', at: '2026-11-21' }] },
      'activities[0]: expected name and at (RFC 3339), and properties as an object',
    ],
    [{ segments: [1] }, 'segments: expected a list of texts'],
    [
      { consent: [{ topic: 'email', state: 'yes', at: '2026-11-21T00:00:00Z' }] },
      'consent[0]: expected topic, state (granted or denied) and at (RFC 3339)',
    ],
    [
      { consent: [{ address: 'ann', topic: 'email', state: 'granted', at: '2026-11-21T00:00:00Z' }] },
      "consent[0]: expected somebody's e-mail address, or phone number with its country",
    ],
    [
      { traits: { deep: Array.from({ length: 70 }).reduce((inner: Json) => [inner], 1) } },
      'expected at most 64 levels',
    ],
    [{ since: { a: 'long' } }, 'since: expected instants (RFC 3339)'],
  ])('refuses %j', (value, reason) => {
    expect(readDocument(value, readTrait)).toEqual({ ok: false, code: 'segment/bad-document', reason });
  });

  it('takes activities without an id for different ones', () => {
    const at = '2026-11-21T00:00:00Z';
    const program = compile([{ segment: 's', when: { did: 'A', count: { exactly: 2 } } }], { timezone: 'UTC' });

    expect(
      evaluate(program, {
        activities: [
          { name: 'A', at },
          { name: 'A', at, properties: null },
        ],
      }),
    ).toBe(true);
  });
});

describe('evaluateDocument', () => {
  const program = compile(
    [
      { segment: 'buyers', when: { did: 'Bought' } },
      { segment: 'fans', when: { all: [{ segment: 'buyers' }, { segment: 'readers' }] } },
    ],
    { timezone: 'UTC' },
  );
  const bought = [{ name: 'Bought', at: '2026-11-20T00:00:00Z' }];

  it('takes other segments from the document when it lists them', () => {
    expect(evaluate(program, { segments: ['buyers', 'readers'] }, 'fans')).toBe(true);
    expect(evaluate(program, { segments: ['readers'], activities: bought }, 'fans')).toBe(false);
  });

  it('works other segments out when the document lists none', () => {
    const either = compile([...program.definitions.slice(0, 1), { segment: 'any', when: { segment: 'buyers' } }], {
      timezone: 'UTC',
    });

    expect(evaluate(either, { activities: bought }, 'any')).toBe(true);
  });

  it('refuses a segment that is not in the program', () => {
    expect(() => evaluate(program, {}, 'strangers')).toThrow(expect.objectContaining({ code: 'segment/unknown' }));
  });

  it('counts consent of any address, and a word of the person above one of the company', () => {
    const asked = compile([{ segment: 's', when: { consent: 'ads' } }], { timezone: 'UTC' });
    const said = (address: string, state: string, at: string, by: string): Json => ({
      address,
      purpose: 'ads',
      state,
      at,
      source: 'form',
      by,
    });
    const denied = said('ann@example.com', 'denied', '2026-01-01T00:00:00Z', 'person');

    expect(
      evaluate(asked, { consent: [denied, said('ann@example.com', 'granted', '2026-02-01T00:00:00Z', 'company')] }),
    ).toBe(false);
    expect(
      evaluate(asked, { consent: [denied, said('ann@example.org', 'granted', '2026-01-01T00:00:00Z', 'person')] }),
    ).toBe(true);
  });
});

describe('a document', () => {
  const isIn = (when: Json, profile: Json) =>
    evaluate(compile([{ segment: 's', when: when as never }], { timezone: 'UTC' }), profile);

  it('is read as a profile of the same traits is: countries, addresses and numbers in their common form', () => {
    const traits = {
      address: { country: 'Germany' },
      'company.address.country': 'deutschland',
      email: ' Ann@Example.com',
      phone: '+49 1511 2345678',
      name: null,
    };

    expect(isIn({ trait: 'address.country', is: 'DE' }, { traits })).toBe(true);
    expect(isIn({ trait: 'company.address.country', is: 'DE' }, { traits })).toBe(true);
    expect(isIn({ trait: 'email', is: 'ann@example.com', case: 'exact' }, { traits })).toBe(true);
    expect(isIn({ trait: 'phone', is: '+4915112345678' }, { traits })).toBe(true);
    expect(isIn({ trait: 'name', exists: true }, { traits })).toBe(false);
    expect(isIn({ trait: 'address.country', is: 'Germany' }, { traits })).toBe(false);
  });

  it('compares addresses of consent as identifiers are compared', () => {
    const said = (address: string, state: string, day: number): Json => ({
      address,
      channel: 'email',
      state,
      at: `2026-01-0${day}T00:00:00Z`,
    });
    const consent = [said('Anna@X.example.com', 'granted', 1), said('anna@x.example.com', 'denied', 2)];

    expect(isIn({ subscribed: 'email' }, { consent })).toBe(false);
    expect(isIn({ subscribed: 'email' }, { consent: consent.slice(0, 1) })).toBe(true);
  });
});

function evaluate(program: Parameters<typeof evaluateDocument>[0], profile: Json, segment?: string): boolean {
  const read = readDocument(profile, readTrait);
  if (!read.ok) throw new Error(read.reason);
  return evaluateDocument(program, read.document, NOW, segment).member;
}
