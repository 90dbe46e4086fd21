import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LinkedinSimulator, startLinkedin } from '../linkedin/server.ts';
import { makeWorld } from '../world.ts';
import { loadLinkedin } from './load-linkedin.ts';

const morning = new Date('2026-11-20T05:00:00.000Z');
const world = makeWorld(7, morning, { accounts: 20, contacts: 200, leads: 20, members: 120, overlap: 80 });

describe('a world on a simulated page', () => {
  let linkedin: LinkedinSimulator;
  beforeEach(async () => {
    linkedin = await startLinkedin({ now: () => morning });
    loadLinkedin(world, linkedin);
  });
  afterEach(() => linkedin.close());

  it('has leads of its people, some of whom write under posts by the same id', () => {
    const { leads, notifications } = linkedin.store;
    const addresses = new Set(world.members.map(({ email }) => email.trim()));
    const persons = new Set([...leads.values()].map(({ person }) => person));
    const acts = [...notifications.values()].map(({ fields }) => JSON.stringify(fields));

    expect(leads.size).toBeGreaterThan(5);
    expect([...leads.values()].filter(({ answers }) => !addresses.has(String(answers.email)))).toEqual([]);
    expect(acts.length).toBeGreaterThan(3);
    expect(acts.filter((act) => ![...persons].some((person) => act.includes(`urn:li:person:${person}`)))).toEqual([]);
  });

  it('has its past before the morning', () => {
    const { leads, notifications } = linkedin.store;

    expect([...leads.values(), ...notifications.values()].filter(({ at }) => at >= morning.getTime())).toEqual([]);
  });
});
