import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConsentStatement } from '../../lib/domain/change.ts';
import { compileDefinitions, decide } from '../../lib/domain/decide.ts';
import { emptyFragment, foldFragment } from '../../lib/domain/fragment.ts';
import { formatInstant } from '../../lib/domain/instant.ts';
import type { Json } from '../../lib/domain/json.ts';
import { newProfile, type Profile } from '../../lib/domain/profile.ts';
import { compile } from '../../lib/domain/segment/compile.ts';
import { evaluateDocument, readDocument } from '../../lib/domain/segment/document.ts';
import { definitions, NOW, rules } from '../pipeline/world.ts';
import { readTrait } from './segment/ask.ts';

const HOUR = 3_600_000;
const ann = 'ann@example.com';

const said = (state: ConsentStatement['state'], at: number | string, more: Partial<ConsentStatement> = {}) => ({
  address: ann,
  topic: 'email',
  state,
  at: typeof at === 'string' ? at : formatInstant(at),
  source: 'form',
  by: 'person' as const,
  ...more,
});

/** Readers are subscribed, silent people are not, and a list takes everybody who is subscribed. */
const compiled = compileDefinitions({
  ...definitions,
  segments: [
    { segment: 'customers', when: { trait: 'stage', is: 'customer' } },
    { segment: 'readers', when: { subscribed: 'email' } },
    { segment: 'silent', when: { not: { subscribed: 'email' } } },
  ],
  audiences: definitions.audiences.map((one) => ({ ...one, needs: { subscribed: 'email' } })),
});

function personWith(...consent: readonly ConsentStatement[]): Profile {
  const change = {
    kind: 'profile' as const,
    fragment: 'crm:contact:1',
    at: formatInstant(NOW - HOUR),
    identifiers: [{ type: 'email', value: ann }],
    traits: { stage: 'customer' },
    consent,
  };
  return { ...newProfile('p_1'), fragments: { 'crm:contact:1': foldFragment(emptyFragment, change, rules) } };
}

const answer = (consent: readonly ConsentStatement[], now: number, when: Json = { subscribed: 'email' }) => {
  const read = readDocument({ consent: consent as unknown as Json }, readTrait);
  if (!read.ok) throw new Error(read.reason);
  const program = compile([{ segment: 's', when: when as never }], { timezone: 'UTC' });
  const { member, flips_at } = evaluateDocument(program, read.document, now);
  return { member, flips_at };
};

describe('a statement dated later than now', () => {
  it('is no consent yet, and beats no denial', () => {
    const consent = [said('granted', '2062-01-01T00:00:00.000Z'), said('denied', '2026-11-01T00:00:00.000Z')];

    expect(answer(consent, NOW)).toEqual({ member: false, flips_at: null });
    expect(answer([said('granted', NOW + 1)], NOW)).toEqual({ member: false, flips_at: formatInstant(NOW + 1) });
    expect(answer([said('granted', NOW + 1)], NOW + 1)).toEqual({ member: true, flips_at: null });
  });

  it('flips a segment at its very instant, and neither before nor without need', () => {
    const statements = fc.array(
      fc.record({
        state: fc.constantFrom('granted' as const, 'denied' as const),
        by: fc.constantFrom('person' as const, 'company' as const),
        hour: fc.integer({ min: -4, max: 4 }),
        address: fc.constantFrom(ann, 'ann@example.org'),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(statements, fc.boolean(), (list, not) => {
        const consent = list.map(({ state, hour, ...more }) => said(state, NOW + hour * HOUR, more));
        const when: Json = not ? { not: { subscribed: 'email' } } : { subscribed: 'email' };
        const { member, flips_at } = answer(consent, NOW, when);
        const later = [1, 2, 3, 4].map((hour) => NOW + hour * HOUR);
        const first = later.find((at) => answer(consent, at, when).member !== member);

        expect(flips_at).toBe(first === undefined ? null : formatInstant(first));
        if (first !== undefined) expect(answer(consent, first - 1, when).member).toBe(member);
      }),
    );
  });
});

describe('decide', () => {
  it('takes somebody onto a list when their consent begins, and looks at them then', () => {
    const decided = decide(personWith(said('granted', NOW + HOUR)), compiled, NOW).profile;
    const later = decide(decided, compiled, NOW + HOUR).profile;

    expect(decided).toMatchObject({ flipsAt: NOW + HOUR, memberships: { customers: NOW, silent: NOW } });
    expect(decided.wanted['to-tool']).toEqual({ in: false, reason: 'no-consent' });
    expect(later).toMatchObject({ flipsAt: null, memberships: { customers: NOW, readers: NOW + HOUR } });
    expect(later.wanted['to-tool']).toMatchObject({ in: true, keys: [{ type: 'email', value: ann }] });
  });

  it('looks again for a list alone, whose segment asks for no consent', () => {
    const { segments } = compiled.definitions;
    const listOnly = compileDefinitions({ ...compiled.definitions, segments: segments.slice(0, 1) });
    const person = personWith(said('granted', NOW + HOUR), said('granted', NOW + 40 * 366 * 24 * HOUR, { topic: 'x' }));

    expect(decide(person, listOnly, NOW).profile.flipsAt).toBe(NOW + HOUR);
    // Not within ten years, like a segment that flips then.
    expect(decide(personWith(said('granted', '2062-01-01T00:00:00.000Z')), listOnly, NOW).profile.flipsAt).toBeNull();
  });

  it('relies on what was granted by now where more is granted later', () => {
    const { wanted } = decide(
      personWith(said('granted', NOW - HOUR), said('granted', NOW + HOUR)),
      compiled,
      NOW,
    ).profile;

    expect(wanted['to-tool']).toMatchObject({ in: true, consent: { at: formatInstant(NOW - HOUR) } });
  });
});
