import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../lib/domain/change.ts';
import { compileDefinitions, decide } from '../../lib/domain/decide.ts';
import type { Definitions } from '../../lib/domain/definitions.ts';
import { openOfflineComparison } from '../../lib/domain/preview-offline.ts';
import { openOfflineResolver } from '../../lib/domain/resolve-offline.ts';
import { anyChanges, definitions, NOW } from '../pipeline/world.ts';

/** The same world where other people are one person, and where somebody has to be active for longer. */
const blocking: Definitions = { ...definitions, identity: { ...definitions.identity, blocked: ['ann@example.com'] } };
const longer: Definitions = {
  ...definitions,
  segments: definitions.segments.map((one) =>
    one.segment === 'active' ? { ...one, when: { did: 'Opened', count: { at_least: 2 }, within: '40 days' } } : one,
  ),
};

function preview(before: Definitions, after: Definitions, changes: readonly Change[]) {
  const comparison = openOfflineComparison(compileDefinitions(before), compileDefinitions(after));
  for (const change of changes) comparison.add(change);
  return comparison.previewAt(NOW);
}

/** Who is in each segment, and wanted on the list, when the changes are all there is. */
function peopleUnder(rules: Definitions, changes: readonly Change[]) {
  const compiled = compileDefinitions(rules);
  const resolver = openOfflineResolver(rules.identity, compiled.read, compiled.program);
  for (const change of changes) resolver.add(change);
  const people = [...resolver.profiles()].map((profile) => decide(profile, compiled, NOW).profile);
  const members = (segment: string) => people.filter(({ memberships }) => memberships[segment] !== undefined).length;
  const wanted = people.filter(({ wanted: sides }) => sides['to-tool']?.in === true).length;
  return { people: people.length, members, wanted };
}

describe('a comparison without a stage', () => {
  it('moves nobody between definitions that are equal', () => {
    fc.assert(
      fc.property(anyChanges, (changes) => {
        const { preview: found, identity } = preview(definitions, definitions, changes);

        expect(identity).toEqual({ joined: 0, parted: 0 });
        for (const { entering, leaving } of Object.values(found.segments)) expect([entering, leaving]).toEqual([0, 0]);
        const { add = 0, remove = 0 } = found.audiences['to-tool'] ?? {};
        expect([add, remove]).toEqual([0, 0]);
      }),
    );
  });

  it.each([
    ['a longer window', definitions, longer],
    ['an identifier that joins nobody any more', definitions, blocking],
    ['an identifier that joins people again', blocking, definitions],
  ])('accounts for everybody, before and after: %s', (_, before, after) => {
    fc.assert(
      fc.property(anyChanges, (changes) => {
        const { preview: found } = preview(before, after, changes);
        const [was, is] = [peopleUnder(before, changes), peopleUnder(after, changes)];

        expect(found.people).toBe(is.people);
        for (const { segment } of definitions.segments) {
          const { entering, leaving, staying } = found.segments[segment] ?? { entering: 0, leaving: 0, staying: 0 };
          expect([segment, staying + leaving]).toEqual([segment, was.members(segment)]);
          expect([segment, staying + entering]).toEqual([segment, is.members(segment)]);
        }
        const { add = 0, remove = 0 } = found.audiences['to-tool'] ?? {};
        expect(was.wanted + add - remove).toBe(is.wanted);
      }),
    );
  });

  it('says who is several people and who is one, and why they move', () => {
    const record = (fragment: string, email: string, stage: string): Change => ({
      kind: 'profile',
      fragment,
      at: '2026-11-01T00:00:00Z',
      identifiers: [{ type: 'email', value: email }],
      traits: { stage },
    });
    const changes = [
      record('crm:contact:1', 'ann@example.com', 'customer'),
      record('mail:member:a', 'ann@example.com', 'lead'),
    ];

    const apart = preview(definitions, blocking, changes);
    const together = preview(blocking, definitions, changes);

    expect([apart.identity, together.identity]).toEqual([
      { joined: 0, parted: 1 },
      { joined: 1, parted: 0 },
    ]);
    expect(apart.preview.people).toBe(2);
    expect(together.preview.people).toBe(1);
  });

  it('counts who stays on a list that nobody keeps any more', () => {
    const record: Change = {
      ...{ kind: 'profile', fragment: 'crm:contact:1', at: '2026-11-01T00:00:00Z' },
      ...{ identifiers: [{ type: 'email', value: 'ann@example.com' }], traits: { stage: 'customer' } },
    };

    const { preview: found } = preview(definitions, { ...definitions, audiences: [] }, [record]);

    expect(found.left).toEqual({ 'to-tool': 1 });
  });
});
