import fc from 'fast-check';
import { canonicalText } from '../../lib/domain/canonical.ts';
import type { Change, Identifier } from '../../lib/domain/change.ts';
import { type Compiled, compileDefinitions } from '../../lib/domain/decide.ts';
import type { Definitions, IdentityRules } from '../../lib/domain/definitions.ts';
import { emptyFragment, type FoldRules, type Fragment, foldFragment } from '../../lib/domain/fragment.ts';
import { groupFragments } from '../../lib/domain/group.ts';
import { cutEntries, observe } from '../../lib/domain/segment/entries.ts';

/** The instant at which every test of this folder decides. */
export const NOW = Date.parse('2026-11-21T12:00:00.000Z');
const HOUR = 3_600_000;

export const definitions: Definitions = {
  version: 'test',
  workspace: 'test',
  timezone: 'Europe/Berlin',
  connections: {},
  personas: [],
  segments: [
    { segment: 'customers', when: { trait: 'stage', is: 'customer' } },
    { segment: 'active', when: { did: 'Opened', count: { at_least: 2 }, within: '30 days' } },
    { segment: 'both', when: { all: [{ segment: 'customers' }, { segment: 'active' }] } },
  ],
  audiences: [
    {
      audience: 'to-tool',
      segment: 'customers',
      connection: 'tool',
      target: {},
      match: ['email'],
      mode: 'mirror',
      needs: {},
      holdout: 0,
      when: undefined,
    },
  ],
  identity: {
    priorities: { stage: ['crm', 'mail'] },
    blocked: ['blocked@example.com'],
    limits: { user_id: { most: 1, per: 'ever' }, '*': { most: 5, per: 'ever' } },
    sharedAt: 3,
    countries: {},
  },
  guardrails: { maxAdd: 1, maxRemove: 1, minSource: 0 },
  privacy: { activitiesKeptMs: 400 * 24 * HOUR, archiveKeptMs: 90 * 24 * HOUR },
  collection: { writeKeys: {} },
};

export const compiled: Compiled = compileDefinitions(definitions);

export const rules: FoldRules = {
  blocked: new Set(definitions.identity.blocked),
  country: () => undefined,
  observe: (activity) => observe(compiled.program, activity),
};

const emails = ['ann@example.com', 'bob@example.com', 'cyd@example.com', ' ANN@Example.com', 'blocked@example.com'];
const fragments = [
  'crm:contact:1',
  'crm:contact:2',
  'crm:contact:3',
  'mail:member:a',
  'mail:member:b',
  'mail:member:c',
];

const at = fc
  .integer({ min: 0, max: 60 })
  .map((hours) => new Date(NOW - 40 * 24 * HOUR + hours * 18 * HOUR).toISOString());
const identifiers = fc.array(
  fc.constantFrom(...emails).map((value): Identifier => ({ type: 'email', value })),
  { maxLength: 1 },
);

const profileChange = fc.record({
  kind: fc.constant('profile' as const),
  fragment: fc.constantFrom(...fragments),
  at,
  identifiers,
  traits: fc.record(
    {
      stage: fc.constantFrom('customer', 'prospect', null),
      name: fc.constantFrom('Ann', 'Bob'),
      size: fc.integer({ min: 0, max: 3 }),
    },
    { requiredKeys: [] },
  ),
});
const activityChange = fc.record({
  kind: fc.constant('activity' as const),
  fragment: fc.constantFrom(...fragments),
  at,
  identifiers: fc.constant([]),
  id: fc.constantFrom('e1', 'e2', 'e3', 'e4', 'e5'),
  name: fc.constantFrom('Opened', 'Clicked'),
  properties: fc.constant({}),
});
const goneChange = fc.record({ kind: fc.constant('gone' as const), fragment: fc.constantFrom(...fragments), at });

/** Any few changes about six records that share three addresses. */
export const anyChanges: fc.Arbitrary<Change[]> = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: profileChange },
      { weight: 3, arbitrary: activityChange },
      { weight: 1, arbitrary: goneChange },
    ),
    { minLength: 1, maxLength: 14 },
  )
  .map(eachAtOneInstant);

/**
 * An activity is done once: whoever tells it again tells the same instant. Of several instants the smallest counts only
 * while it is remembered, and a memory that is cut forgets it (docs/adr/0046).
 */
function eachAtOneInstant(changes: readonly Change[]): Change[] {
  const done = new Map<string, string>();
  return changes.map((change) => {
    if (change.kind !== 'activity') return change;
    const key = `${change.fragment}\n${change.id}`;
    const at = done.get(key) ?? change.at;
    done.set(key, at);
    return { ...change, at };
  });
}

/** Limits so low that most evidence meets one, and identifiers that soon are shared. */
export const tight: Definitions = {
  ...definitions,
  identity: {
    ...definitions.identity,
    limits: { user_id: { most: 1, per: 'ever' }, '*': { most: 2, per: 'ever' } },
    sharedAt: 3,
  },
};
export const compiledTight: Compiled = compileDefinitions(tight);

const web = fc.constantFrom(...Array.from({ length: 7 }, (_, place) => `web:user:${place + 1}`));
const early = fc.integer({ min: 0, max: 12 }).map((hours) => new Date(NOW - 960 * HOUR + hours * HOUR).toISOString());
const address = fc.constantFrom('ann@example.com', 'bob@example.com', 'info@example.com');
const evidence: fc.Arbitrary<Identifier> = fc.oneof(
  fc.constantFrom('1', '2', '3', '4').map((value) => ({ type: 'user_id', value })),
  address.map((value) => ({ type: 'email', value })),
  fc.constantFrom('x', 'y', 'z').map((value) => ({ type: 'anonymous_id', value })),
);
const told = {
  fragment: web,
  at: early,
  identifiers: fc.uniqueArray(evidence, { maxLength: 3, selector: ({ type }) => type }),
};
const consent = fc.record({
  address,
  topic: fc.constant('email'),
  state: fc.constantFrom('granted' as const, 'denied' as const),
  at: early,
  source: fc.constant('form'),
  by: fc.constantFrom('person' as const, 'company' as const),
});
const stated = fc.record({
  kind: fc.constant('profile' as const),
  ...told,
  traits: fc.record({ stage: fc.constantFrom('customer', 'prospect', null) }, { requiredKeys: [] }),
  consent: fc.array(consent, { maxLength: 1 }),
});
const done = fc
  .tuple(activityChange, web, fc.integer({ min: 1, max: 40 }))
  .map(([change, fragment, days]) => ({ ...change, fragment, at: new Date(NOW - days * 24 * HOUR).toISOString() }));
const unmerged = fc
  .record({
    kind: fc.constant('unmerge' as const),
    fragment: web,
    from: web,
    at: early,
    identifier: evidence,
    undone: fc.boolean(),
  })
  .filter(({ fragment: one, from }) => one !== from);

/**
 * Any few changes about seven records whose evidence is of several types at once: under `tight`, limits refuse some of
 * it, some is shared by too many, and people are kept apart.
 */
export const anyEvidence: fc.Arbitrary<Change[]> = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: stated },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('gone' as const), ...told }) },
    { weight: 2, arbitrary: done },
    { weight: 2, arbitrary: unmerged },
  ),
  { minLength: 1, maxLength: 16 },
);

/** The same people by the plainest way: fold each record from all its changes at once, group once. */
export function reference(changes: readonly Change[], identity: IdentityRules = definitions.identity): string[] {
  const folded = new Map<string, Fragment>();
  for (const change of changes) {
    if (change.kind === 'account') continue;
    folded.set(change.fragment, foldFragment(folded.get(change.fragment) ?? emptyFragment, change, rules));
  }
  return groupFragments(folded, identity)
    .map(({ fragments: ids }) => peopleText(Object.fromEntries(ids.map((id) => [id, folded.get(id) as Fragment]))))
    .sort();
}

/** One person's content as bytes: fragments, with the activities that segments still need at `NOW`. */
export function peopleText(held: Readonly<Record<string, Fragment>>): string {
  const needs = new Map(compiled.program.needs.map((need) => [need.key, need]));
  const cut = Object.entries(held).map(([id, fragment]) => {
    const did = Object.entries(fragment.did).flatMap(([key, entries]) => {
      const need = needs.get(key);
      const kept = need === undefined ? [] : cutEntries(need, entries, NOW);
      return kept.length === 0 ? [] : [[key, kept] as const];
    });
    return [id, { ...fragment, did: Object.fromEntries(did) }] as const;
  });
  return canonicalText(Object.fromEntries(cut));
}
