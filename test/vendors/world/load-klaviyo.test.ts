import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KlaviyoSimulator, startKlaviyo } from '../klaviyo/server.ts';
import { makeWorld } from '../world.ts';
import { KLAVIYO_LIST, type KlaviyoIds, loadKlaviyo } from './load-klaviyo.ts';

const morning = new Date('2026-11-20T05:00:00.000Z');
const world = makeWorld(7, morning, { accounts: 20, contacts: 200, leads: 20, members: 120, overlap: 80 });

describe('a world in a simulated Klaviyo', () => {
  let klaviyo: KlaviyoSimulator;
  let ids: KlaviyoIds;
  beforeEach(async () => {
    klaviyo = await startKlaviyo({ now: () => morning });
    ids = loadKlaviyo(world, klaviyo);
  });
  afterEach(() => klaviyo.close());

  it('has each member once, on the list', () => {
    const addresses = new Set(world.members.map(({ email }) => email.trim().toLowerCase()));

    expect(new Set(ids.keys())).toEqual(addresses);
    expect(klaviyo.store.profiles.size).toBe(addresses.size);
    expect(klaviyo.store.lists.named(KLAVIYO_LIST)?.members.size).toBe(addresses.size);
  });

  it('has people who agreed, who left and who cannot be reached, and orders', () => {
    const people = [...klaviyo.store.profiles.values()];
    const count = (consent: string): number => people.filter(({ email }) => email.consent === consent).length;

    expect(count('SUBSCRIBED')).toBeGreaterThan(50);
    expect(count('UNSUBSCRIBED')).toBeGreaterThan(0);
    expect(people.some(({ suppressions }) => suppressions.some(({ reason }) => reason === 'HARD_BOUNCE'))).toBe(true);
    expect([...klaviyo.store.metrics.keys()].sort()).toEqual([
      'Bounced Email',
      'Clicked Email',
      'Opened Email',
      'Placed Order',
      'Unsubscribed from Email Marketing',
    ]);
  });

  it('has its past before the morning', () => {
    const { store } = klaviyo;
    const late = [
      ...[...store.profiles.values()].map(({ updated }) => updated),
      ...store.events.map(({ at }) => at),
    ].filter((at) => at >= morning.getTime());

    expect(late).toEqual([]);
  });
});
