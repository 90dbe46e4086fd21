import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SendgridSimulator, startSendgrid } from '../sendgrid/server.ts';
import { SUPPRESSIONS } from '../sendgrid/store.ts';
import { makeWorld } from '../world.ts';
import { loadSendgrid, SENDGRID_LIST, type SendgridIds } from './load-sendgrid.ts';

const morning = new Date('2026-11-20T05:00:00.000Z');
const world = makeWorld(7, morning, { accounts: 20, contacts: 200, leads: 20, members: 120, overlap: 80 });

describe('a world in a simulated SendGrid', () => {
  let sendgrid: SendgridSimulator;
  let ids: SendgridIds;
  beforeEach(async () => {
    sendgrid = await startSendgrid({ now: () => morning });
    ids = loadSendgrid(world, sendgrid);
  });
  afterEach(() => sendgrid.close());

  it('has each member once, on the list', () => {
    const addresses = new Set(world.members.map(({ email }) => email.trim().toLowerCase()));
    const list = sendgrid.store.listNamed(SENDGRID_LIST)?.id ?? '';

    expect(new Set(ids.keys())).toEqual(addresses);
    expect([...sendgrid.store.contacts.values()].filter(({ lists }) => lists.has(list)).length).toBe(addresses.size);
  });

  it('has people who left, who complained and who cannot be reached, all before the morning', () => {
    const { contacts, suppressed } = sendgrid.store;
    const rows = SUPPRESSIONS.map((name) => [name, suppressed(name)] as const);

    expect(rows.filter(([, all]) => all.length > 0).map(([name]) => name)).toEqual([
      'unsubscribes',
      'spam_reports',
      'bounces',
    ]);
    const late = [
      ...[...contacts.values()].map(({ updated }) => updated),
      ...rows.flatMap(([, all]) => all.map(({ created }) => created * 1_000)),
    ].filter((at) => at >= morning.getTime());
    expect(late).toEqual([]);
  });
});
