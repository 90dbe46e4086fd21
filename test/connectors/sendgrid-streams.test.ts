import { describe, expect, it } from 'vitest';
import type { SendgridSimulator } from '../vendors/sendgrid/server.ts';
import { fragmentsIn, openRig } from './sendgrid-rig.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('contacts', () => {
  it('reads everybody by one export, whatever its files hold, without the key where the files lie', async () => {
    await using rig = await openRig({ exportLooks: 2 });
    const ids = people(rig.vendor, 21);
    rig.pass(HOUR);

    const pages = await rig.read('contacts', { pageSize: 6 });

    expect(fragmentsIn(pages).sort()).toEqual(ids.map((id) => `mail:contact:${id}`).sort());
    expect(calls(rig.vendor, '/v3/marketing/contacts/exports')).toBe(1);
    const downloads = rig.vendor.calls.filter(({ path }) => path.startsWith('/files/'));
    expect(downloads.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined, undefined]);
  });

  it('finds later changes by searching, in ever shorter times, and everybody once', async () => {
    await using rig = await openRig();
    const ids = people(rig.vendor, 120);
    const first = await rig.read('contacts');
    for (const [n, id] of ids.entries()) {
      if (n % 8 === 0) rig.pass(1_000);
      rig.vendor.store.update(id, { city: 'Berlin' });
    }
    rig.pass(HOUR);

    const next = await rig.read('contacts', { from: first.at(-1)?.checkpoint });

    expect(fragmentsIn(next).sort()).toEqual(ids.map((id) => `mail:contact:${id}`).sort());
    const queries = rig.vendor.calls.filter(({ path }) => path === '/v3/marketing/contacts/search');
    expect(queries.length).toBeLessThan(30);
    expect(calls(rig.vendor, '/v3/marketing/contacts/exports')).toBe(1);
  });

  it('exports again where one second holds more than a search shows, as after an import', async () => {
    await using rig = await openRig();
    people(rig.vendor, 3);
    const first = await rig.read('contacts');
    rig.pass(HOUR);
    const ids = people(rig.vendor, 51);
    rig.pass(HOUR);

    const next = await rig.read('contacts', { from: first.at(-1)?.checkpoint });

    expect(new Set(fragmentsIn(next)).size).toBe(54);
    expect(ids.filter((id) => !fragmentsIn(next).includes(`mail:contact:${id}`))).toEqual([]);
    expect(calls(rig.vendor, '/v3/marketing/contacts/exports')).toBe(2);
    expect(next.at(-1)?.checkpoint).toMatchObject({ phase: 'done', until: rig.now().getTime() });
  });

  it('exports in each run where the connection asks for it, and never searches', async () => {
    await using rig = await openRig();
    people(rig.vendor, 3);
    const config = { changes: 'export' };
    const first = await rig.read('contacts', { config });
    rig.pass(HOUR);

    const next = await rig.read('contacts', { config, from: first.at(-1)?.checkpoint });

    expect([fragmentsIn(first).length, fragmentsIn(next).length]).toEqual([3, 3]);
    expect(calls(rig.vendor, '/v3/marketing/contacts/search')).toBe(0);
  });

  it('reads back far enough for what SendGrid works off later', async () => {
    await using rig = await openRig();
    const [id = ''] = people(rig.vendor, 1);
    const first = await rig.read('contacts');
    // Worked off after the run, with a time of change before it.
    rig.vendor.store.update(id, { city: 'Berlin' }, { at: new Date(rig.now().getTime() - 10 * MINUTE) });
    rig.pass(HOUR);

    const next = await rig.read('contacts', { from: first.at(-1)?.checkpoint });

    expect(fragmentsIn(next)).toEqual([`mail:contact:${id}`]);
  });

  it.each(['failed-export', 'expired-export'] as const)('starts anew after an %s', async (kind) => {
    await using rig = await openRig();
    people(rig.vendor, 3);
    rig.vendor.faults.add({ kind });

    expect(new Set(fragmentsIn(await rig.read('contacts'))).size).toBe(3);
    expect(calls(rig.vendor, '/v3/marketing/contacts/exports')).toBe(2);
  });

  it('gives up after three exports that failed, and says so', async () => {
    await using rig = await openRig();
    rig.vendor.faults.add({ kind: 'failed-export', times: 3 });

    await expect(rig.read('contacts')).rejects.toMatchObject({ kind: 'transient', code: 'sendgrid/export-failed' });
  });

  it('takes a file that ends in the middle for a failure, and goes on at the last stored page', async () => {
    await using rig = await openRig();
    const ids = people(rig.vendor, 3);
    rig.vendor.faults.add({ kind: 'cut-file' });
    const started = await rig.read('contacts', { most: 1 });

    await expect(rig.read('contacts', { from: started.at(-1)?.checkpoint })).rejects.toMatchObject({
      kind: 'transient',
      code: 'sendgrid/unreadable-answer',
    });
    const rest = await rig.read('contacts', { from: started.at(-1)?.checkpoint });
    expect(fragmentsIn(rest).length).toBe(ids.length);
  });
});

describe('suppressions', () => {
  it('reads thousands in few calls, once each, however many came at one moment', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const start = rig.now().getTime() - 30 * 24 * HOUR;
    for (let n = 0; n < 1_800; n += 1) {
      store.suppress('unsubscribes', `p${n}@example.com`, { at: new Date(start + Math.floor(n / 3) * MINUTE) });
    }
    for (let n = 0; n < 700; n += 1) store.suppress('unsubscribes', `q${n}@example.com`, { at: new Date(start) });

    const pages = await rig.read('suppressions');

    expect(fragmentsIn(pages).length).toBe(2_500);
    expect(new Set(fragmentsIn(pages)).size).toBe(2_500);
    expect(rig.vendor.calls.length).toBeLessThan(100);
  });

  it('misses nobody when others are taken off the list between two pages', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    for (let n = 0; n < 12; n += 1) {
      store.suppress('unsubscribes', `p${n}@example.com`, { at: new Date(rig.now().getTime() - (n + 1) * HOUR) });
    }
    const before = await rig.read('suppressions', { pageSize: 5, most: 1 });
    for (const n of [11, 10, 9]) store.release('unsubscribes', `p${n}@example.com`);

    const after = await rig.read('suppressions', { pageSize: 5, from: before.at(-1)?.checkpoint });

    const all = new Set(fragmentsIn([...before, ...after]));
    expect(all.size).toBeGreaterThanOrEqual(9);
    const later = fragmentsIn(await rig.read('suppressions'));
    expect(later.filter((one) => !all.has(one))).toEqual([]);
  });

  it('keeps the person’s own word beside a bounce that came later', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    store.suppress('unsubscribes', 'ann@example.com', { at: new Date(rig.now().getTime() - 2 * HOUR) });
    store.suppress('bounces', 'ann@example.com', { at: new Date(rig.now().getTime() - HOUR) });

    const changes = (await rig.read('suppressions')).flatMap((page) => page.changes);

    const words = changes.flatMap((one) => (one.kind === 'profile' ? (one.consent ?? []) : []));
    expect(words.map(({ by, state }) => `${by} ${state}`).sort()).toEqual(['company denied', 'person denied']);
    expect(new Set(changes.map((one) => ('fragment' in one ? one.fragment : ''))).size).toBe(1);
  });
});

function people({ store }: SendgridSimulator, count: number): string[] {
  return Array.from({ length: count }, (_, n) =>
    store.create({ email: `person${store.contacts.size}.${n}@example.com`, first_name: 'Ann' }),
  );
}

function calls({ calls: heard }: SendgridSimulator, path: string): number {
  return heard.filter((one) => one.path === path).length;
}
