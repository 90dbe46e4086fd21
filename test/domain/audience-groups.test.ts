import { describe, expect, it } from 'vitest';
import { decideAudiences } from '../../lib/domain/audience.ts';
import type { AudienceDefinition } from '../../lib/domain/definitions.ts';
import { emptyFragment } from '../../lib/domain/fragment.ts';
import { newProfile, type Profile } from '../../lib/domain/profile.ts';
import { regroup } from '../../lib/domain/region.ts';

const NOW = 1_000;
const audience = (id: string, more: Partial<AudienceDefinition> = {}): AudienceDefinition => ({
  audience: id,
  segment: 'customers',
  connection: 'tool',
  target: {},
  match: ['email'],
  mode: 'mirror',
  needs: {},
  holdout: 0,
  when: undefined,
  ...more,
});
const person = (n: number, more: Partial<Profile> = {}): Profile => ({
  ...newProfile(`p_${n}`),
  version: 1,
  fragments: {
    [`crm:contact:${n}`]: { ...emptyFragment, identifiers: { email: { [`person${n}@example.com`]: [n, n] } } },
  },
  ...more,
});
const nothing = () => undefined;
const everywhere = { isMember: () => true, traitOf: nothing };

describe('a group of audiences', () => {
  const gold = audience('gold', {
    segment: 'rich',
    group: { name: 'offers', priority: 1 },
    needs: { subscribed: 'email' },
  });
  const basic = audience('basic', { group: { name: 'offers', priority: 2 } });
  const other = audience('other');

  it('has a person in one audience at most: the first that can reach them', () => {
    const { wanted } = decideAudiences([basic, gold, other], person(1), everywhere, NOW);

    // Gold ranks first and cannot reach them, so basic wins.
    expect(wanted).toMatchObject({
      gold: { in: false, reason: 'no-consent' },
      basic: { in: true },
      other: { in: true },
    });
    const reachable = { ...gold, needs: {} };
    const both = decideAudiences([basic, reachable], person(1), everywhere, NOW).wanted;
    expect(both).toMatchObject({ gold: { in: true }, basic: { in: false, reason: 'outranked' } });
  });

  it('does not let a winner who is held out fall through to the next', () => {
    const held = { ...gold, needs: {}, holdout: 1 };

    const { wanted } = decideAudiences([held, basic], person(1), everywhere, NOW);

    expect(wanted).toMatchObject({
      gold: { in: false, reason: 'held-out' },
      basic: { in: false, reason: 'outranked' },
    });
  });
});

describe('a holdout', () => {
  const tested = audience('tested', { holdout: 0.1 });

  it('holds out its share of people', () => {
    const people = Array.from({ length: 20_000 }, (_, n) => person(n));
    const held = people.filter(
      (one) => decideAudiences([tested], one, everywhere, NOW).exposed.tested?.heldOut === true,
    );

    // Five standard deviations of a binomial of 20,000 at 10 %.
    expect(Math.abs(held.length - 2_000)).toBeLessThan(5 * Math.sqrt(20_000 * 0.1 * 0.9));
  });

  it('keeps the side of the first exposure, whatever becomes of share and identifiers', () => {
    const before = person(3, { exposed: { tested: { heldOut: true, at: 5 } } });

    const { wanted, exposed } = decideAudiences([{ ...tested, holdout: 0.0001 }], before, everywhere, NOW);

    expect(wanted.tested).toEqual({ in: false, reason: 'held-out' });
    expect(exposed).toBe(before.exposed);
  });

  it('exposes nobody who cannot be reached', () => {
    const unreachable = { ...tested, needs: { subscribed: 'email' } };

    expect(decideAudiences([unreachable], person(1), everywhere, NOW).exposed).toEqual({});
    expect(decideAudiences([tested], person(1), { isMember: () => false, traitOf: nothing }, NOW).exposed).toEqual({});
  });

  it('holds out the same people of all audiences of an experiment', () => {
    const pair = ['spring-mail', 'spring-ads'].map((id) => audience(id, { holdout: 0.3, experiment: 'spring' }));
    const sides = Array.from({ length: 300 }, (_, n) => {
      const { wanted } = decideAudiences(pair, person(n), everywhere, NOW);
      return [wanted['spring-mail']?.in, wanted['spring-ads']?.in];
    });

    expect(sides.every(([mail, ads]) => mail === ads)).toBe(true);
    expect(new Set(sides.map(([mail]) => mail)).size).toBe(2);
  });

  it("keeps the survivor's side in a merge, and takes over what only the other was exposed to", () => {
    const one = person(1, { exposed: { tested: { heldOut: true, at: 9 } } });
    const two = person(2, { exposed: { tested: { heldOut: false, at: 1 }, older: { heldOut: true, at: 1 } } });
    const same = { ...emptyFragment, identifiers: { email: { 'person1@example.com': [2, 2] as const } } };
    const fragments = new Map([...Object.entries(one.fragments), ['mail:member:2', same] as const]);
    const other = { ...two, fragments: { 'mail:member:2': same } };

    const { profiles } = regroup([one, other], fragments, {
      rules: { limits: { '*': { most: 5, per: 'ever' } }, sharedAt: 3 },
      deriveId: () => 'p_new',
      leftOut: new Set(),
      unheard: new Set(),
    });

    expect(profiles).toHaveLength(1);
    expect(profiles[0]).toMatchObject({
      id: 'p_1',
      exposed: { tested: { heldOut: true, at: 9 }, older: { heldOut: true, at: 1 } },
    });
  });
});
