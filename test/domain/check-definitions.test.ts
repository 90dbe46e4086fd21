import { describe, expect, it } from 'vitest';
import { checkDefinitions, withSimulators } from '../../lib/domain/check-definitions.ts';
import { affectedSegments, changesBetween } from '../../lib/domain/compare-definitions.ts';
import { type Definitions, versionOf } from '../../lib/domain/definitions.ts';
import type { JsonObject } from '../../lib/domain/json.ts';
import { estimate } from '../../lib/domain/preview.ts';
import { publishable, versioned } from '../pipeline/define/published-world.ts';

const asDocument = (definitions: Definitions) => JSON.parse(JSON.stringify(definitions)) as JsonObject;
const segments = (over: Readonly<Record<string, Definitions['segments'][number]['when']>>) =>
  Object.entries(over).map(([segment, when]) => ({ segment, when }));

describe('checkDefinitions', () => {
  it('takes what a workspace loads to', () => {
    expect(checkDefinitions(asDocument(publishable))).toEqual(asDocument(publishable));
  });

  it.each<[string, Partial<Definitions>, string, string]>([
    [
      'a segment that another segment uses is missing',
      { segments: publishable.segments.filter(({ segment }) => segment !== 'active') },
      'definitions/dangling',
      'segment both refers to segment active',
    ],
    [
      'a segment that an audience uses is missing',
      { segments: segments({ other: { trait: 'a', is: 1 } }) },
      'definitions/dangling',
      'audience to-tool refers to segment customers',
    ],
    [
      'a connection is missing',
      { connections: {} },
      'definitions/dangling',
      'audience to-tool refers to connection tool',
    ],
    [
      'a persona is missing',
      { segments: [...publishable.segments, { segment: 'x', persona: 'who', when: { trait: 'a', is: 1 } }] },
      'definitions/dangling',
      'segment x refers to persona who',
    ],
    [
      'segments go in a circle',
      { segments: segments({ a: { segment: 'b' }, b: { segment: 'a' }, customers: { trait: 'a', is: 1 } }) },
      'segment/cycle',
      'a → b → a',
    ],
    [
      'a condition cannot be read',
      { segments: segments({ customers: { trait: 'a', isnt: 1 } }) },
      'segment/unreadable',
      'segment customers',
    ],
  ])('refuses when %s', (_what, over, code, says) => {
    const document = asDocument(versioned({ ...publishable, ...over }));

    expect(() => checkDefinitions(document)).toThrow(expect.objectContaining({ code }));
    expect(() => checkDefinitions(document)).toThrow(says);
  });

  it('refuses a document that was edited after it got its version, and what is none', () => {
    const edited = { ...asDocument(publishable), timezone: 'UTC' };

    expect(() => checkDefinitions(edited)).toThrow(expect.objectContaining({ code: 'definitions/bad-version' }));
    expect(() => checkDefinitions({ version: 'x' })).toThrow(
      expect.objectContaining({ code: 'definitions/unreadable' }),
    );
  });
});

describe('withSimulators', () => {
  const at = (endpoint: string) => {
    const { tool } = publishable.connections;
    if (tool === undefined) throw new Error('the tool is gone');
    return versioned({ ...publishable, connections: { tool: { ...tool, endpoint } } });
  };

  it('puts the published address in the place of the word, and gives the document its version', () => {
    const published = at('http://127.0.0.1:4711');

    expect(withSimulators(asDocument(at('simulator')), published)).toEqual(asDocument(published));
  });

  it('refuses the word where nothing published says where the simulator listens', () => {
    for (const published of [undefined, publishable]) {
      expect(() => withSimulators(asDocument(at('simulator')), published)).toThrow(
        expect.objectContaining({ code: 'definitions/simulator' }),
      );
    }
  });
});

describe('changesBetween', () => {
  it('names every kind of change, and who follows over several steps', () => {
    const before = versioned({
      ...publishable,
      segments: segments({
        a: { trait: 'x', is: 1 },
        b: { segment: 'a' },
        c: { not: { segment: 'b' } },
        d: { trait: 'y', is: 1 },
        customers: { trait: 'y', is: 2 },
      }),
    });
    const { d: _, ...kept } = Object.fromEntries(before.segments.map((one) => [one.segment, one]));
    const after = versioned({
      ...before,
      segments: [
        ...Object.values({ ...kept, a: { segment: 'a', when: { trait: 'x', is: 2 } } }),
        { segment: 'e', when: { trait: 'z', is: 1 } },
      ],
      guardrails: { ...before.guardrails, maxAdd: 0.5 },
      audiences: before.audiences.map((one) => ({ ...one, holdout: 0.1 })),
    });

    expect(changesBetween(before, after)).toEqual([
      { kind: 'segment', id: 'a', change: 'edited' },
      { kind: 'segment', id: 'd', change: 'removed' },
      { kind: 'segment', id: 'e', change: 'added' },
      { kind: 'segment', id: 'b', change: 'follows', follows: ['a'] },
      { kind: 'segment', id: 'c', change: 'follows', follows: ['b'] },
      { kind: 'audience', id: 'to-tool', change: 'edited' },
      { kind: 'guardrails', id: 'maxAdd', change: 'edited' },
    ]);
    expect([...affectedSegments(before, after)].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(changesBetween(after, after)).toEqual([]);
  });

  it('moves nobody by another title', () => {
    const titled = versioned({
      ...publishable,
      segments: publishable.segments.map((one) => ({ ...one, title: 'New' })),
    });

    expect(changesBetween(publishable, titled)).toHaveLength(3);
    expect([...affectedSegments(publishable, titled)]).toEqual([]);
    expect(versionOf(titled)).not.toBe(versionOf(publishable));
  });
});

describe('estimate', () => {
  it('is the count itself when everybody was looked at', () => {
    expect(estimate(7, 100, 100)).toEqual({ count: 7, least: 7, most: 7 });
  });

  it('never says less than was seen or more than can be', () => {
    expect(estimate(0, 50, 1_000)).toMatchObject({ count: 0, least: 0 });
    const { least, count, most } = estimate(50, 50, 1_000);
    expect([least >= 50, count, most]).toEqual([true, 1_000, 1_000]);
  });

  it('covers the truth in about nineteen of twenty samples', () => {
    let state = 7;
    const random = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) / 2 ** 24;
    };
    const [all, truth, sampled, rounds] = [20_000, 400, 1_000, 2_000];
    let covered = 0;
    for (let round = 0; round < rounds; round += 1) {
      let found = 0;
      for (let left = all, held = truth, n = 0; n < sampled; n += 1, left -= 1) {
        if (random() < held / left) {
          found += 1;
          held -= 1;
        }
      }
      const { least, most } = estimate(found, sampled, all);
      if (least <= truth && truth <= most) covered += 1;
    }

    expect(covered / rounds).toBeGreaterThan(0.93);
    expect(covered / rounds).toBeLessThan(0.985);
  });
});
