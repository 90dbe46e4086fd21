import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MetaSimulator, startMeta } from '../meta/server.ts';
import { makeWorld } from '../world.ts';
import { loadMeta } from './load-meta.ts';

const morning = new Date('2026-11-20T05:00:00.000Z');
const world = makeWorld(7, morning, { accounts: 20, contacts: 200, leads: 20, members: 120, overlap: 80 });

describe('a world on a simulated page', () => {
  let meta: MetaSimulator;
  beforeEach(async () => {
    meta = await startMeta({ now: () => morning });
    loadMeta(world, meta);
  });
  afterEach(() => meta.close());

  it('has leads of its people, and comments on both networks', () => {
    const { leads, comments } = meta.store;
    const addresses = new Set(world.members.map(({ email }) => email.trim()));
    const networks = new Set([...comments.values()].map(({ network }) => network));

    expect(leads.size).toBeGreaterThan(5);
    expect([...leads.values()].filter(({ answers }) => !addresses.has(answers.email?.[0] ?? ''))).toEqual([]);
    expect(networks).toEqual(new Set(['facebook', 'instagram']));
  });

  it('has its past before the morning, and comments after what they are about', () => {
    const { leads, comments, posts, media } = meta.store;
    const late = [...leads.values(), ...comments.values()].filter(({ at }) => at >= morning.getTime());
    const early = [...comments.values()].filter(({ on, at }) => at < ((posts.get(on) ?? media.get(on))?.at ?? 0));

    expect([late, early]).toEqual([[], []]);
  });
});
