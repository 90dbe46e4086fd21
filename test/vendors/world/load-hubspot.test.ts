import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HubspotSimulator, startHubspot } from '../hubspot/server.ts';
import { makeWorld } from '../world.ts';
import { type HubspotIds, loadHubspot } from './load-hubspot.ts';

const morning = new Date('2026-11-20T05:00:00.000Z');
const world = makeWorld(7, morning, { accounts: 20, contacts: 200, leads: 20, members: 120, overlap: 80 });

describe('a world in a simulated HubSpot', () => {
  let hubspot: HubspotSimulator;
  let ids: HubspotIds;
  beforeEach(async () => {
    hubspot = await startHubspot({ now: () => morning });
    ids = loadHubspot(world, hubspot);
  });
  afterEach(() => hubspot.close());

  it('has each address once, and everybody under some id', () => {
    const { store } = hubspot;
    const addresses = store.all('contacts').map(({ properties }) => properties.email);
    const all = new Set(world.people.map(({ email }) => email.trim().toLowerCase()));

    expect(new Set(addresses).size).toBe(addresses.length);
    expect(addresses.length + store.archived('contacts').length).toBeGreaterThanOrEqual(all.size);
    expect(world.people.filter(({ key }) => !ids.has(key))).toEqual([]);
    expect(store.archived('contacts').length).toBeGreaterThan(0);
  });

  it('has companies, deals, engagements, forms and e-mails', () => {
    const { store, marketing } = hubspot;
    const count = (type: string): number => store.all(type).length;

    expect(count('companies')).toBe(world.accounts.length);
    expect(count('calls') + count('emails') + count('tasks')).toBe(world.tasks.length);
    expect(count('meetings')).toBe(world.meetings.length);
    expect(store.all('deals').filter(({ properties }) => properties.dealstage === 'closedwon').length).toBeGreaterThan(
      20,
    );
    expect(marketing.forms).toHaveLength(world.campaigns.length);
    expect(marketing.events).toHaveLength(world.newsletters.reduce((sum, { activity }) => sum + activity.length, 0));
  });

  it('has its past before the morning', () => {
    const late = [...hubspot.store.records.values()].filter(({ changedAt }) => changedAt >= morning.getTime());

    expect(late).toEqual([]);
  });
});
