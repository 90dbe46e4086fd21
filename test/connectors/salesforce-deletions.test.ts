import { describe, expect, it } from 'vitest';
import type { Change } from '../../lib/domain/change.ts';
import { openRig, readStream, type SalesforceRig } from './salesforce-rig.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe('the delete log', () => {
  it('tells who was deleted and purged from the recycle bin before anybody looked, once', async () => {
    await using rig = await openRig();
    const [purged = '', binned = '', restored = ''] = fill(rig, 4);
    const [lead = '', account = ''] = [
      rig.vendor.store.insert('Lead', { LastName: 'Curious', Company: 'Example' }),
      rig.vendor.store.insert('Account', { Name: 'Example' }),
    ];
    rig.pass(DAY);
    const from = await checkpoints(rig, ['contacts', 'leads', 'accounts']);
    rig.pass(10 * MINUTE);
    const deletedAt = rig.now().toISOString();
    for (const id of [purged, binned, restored, lead, account]) rig.vendor.store.delete(id);
    for (const id of [purged, lead, account]) rig.vendor.store.purge(id);
    rig.vendor.store.undelete(restored);
    rig.pass(20 * MINUTE);

    const contacts = await readStream(rig, 'contacts', { from: from.contacts });

    expect(changesOf(contacts)).toMatchObject([
      { kind: 'gone', fragment: `crm:contact:${binned}` },
      { kind: 'profile', fragment: `crm:contact:${restored}` },
      { kind: 'gone', fragment: `crm:contact:${purged}`, at: deletedAt },
    ]);
    expect(changesOf(await readStream(rig, 'leads', { from: from.leads }))).toMatchObject([
      { kind: 'gone', fragment: `crm:lead:${lead}`, at: deletedAt },
    ]);
    expect(changesOf(await readStream(rig, 'accounts', { from: from.accounts }))).toMatchObject([
      { kind: 'account', account: `crm:account:${account}`, gone: true },
    ]);
    rig.pass(30 * MINUTE);
    expect(changesOf(await readStream(rig, 'contacts', { from: contacts.at(-1)?.checkpoint }))).toEqual([]);
  });

  it('is read again from where a transaction was still under way', async () => {
    await using rig = await openRig();
    const [slow = ''] = fill(rig, 1);
    rig.pass(DAY);
    const { contacts: first } = await checkpoints(rig, ['contacts']);
    rig.pass(20 * MINUTE);
    const { commit } = rig.vendor.store.deleteUncommitted(slow);
    rig.pass(40 * MINUTE);
    const during = await readStream(rig, 'contacts', { from: first });
    commit();
    rig.vendor.store.purge(slow);
    rig.pass(20 * MINUTE);

    const after = await readStream(rig, 'contacts', { from: during.at(-1)?.checkpoint });

    expect(changesOf(during)).toEqual([]);
    expect(changesOf(after)).toMatchObject([{ kind: 'gone', fragment: `crm:contact:${slow}` }]);
  });

  it('is read in shorter spans where it holds too many, and page by page, in a killed run too', async () => {
    await using rig = await openRig();
    const ids = fill(rig, 12);
    rig.pass(DAY);
    const { contacts: from } = await checkpoints(rig, ['contacts']);
    for (const id of ids) {
      rig.pass(5 * MINUTE);
      rig.vendor.store.delete(id);
      rig.vendor.store.purge(id);
    }
    rig.pass(10 * MINUTE);
    rig.vendor.limitDeleted(4);
    const before = await readStream(rig, 'contacts', { from, pageSize: 3, most: 4 });
    rig.pass(MINUTE);

    const after = await readStream(rig, 'contacts', { from: before.at(-1)?.checkpoint, pageSize: 3 });

    expect(changesOf(before).length).toBeGreaterThan(0);
    expect(Math.max(...[...before, ...after].map(({ changes }) => changes.length))).toBe(3);
    expect(changesOf([...before, ...after])).toMatchObject(
      ids.map((id) => ({ kind: 'gone', fragment: `crm:contact:${id}` })),
    );
  });

  it.each([
    ['after a pause longer than it reaches back', (rig: SalesforceRig) => rig.pass(16 * DAY)],
    [
      'where Salesforce purged what it held since the last reading',
      (rig: SalesforceRig) => {
        rig.pass(3 * DAY);
        rig.vendor.store.forgetDeletions(rig.now().getTime() - DAY);
      },
    ],
  ])('%s makes the pull read all anew, and say since when', async (_, wait) => {
    await using rig = await openRig();
    const ids = fill(rig, 3);
    rig.pass(DAY);
    const { contacts: from } = await checkpoints(rig, ['contacts']);
    const lastRead = rig.now().toISOString();
    rig.vendor.store.delete(ids[0] ?? '');
    rig.vendor.store.purge(ids[0] ?? '');
    wait(rig);

    const pages = await readStream(rig, 'contacts', { from });

    expect(pages.filter(({ anewSince }) => anewSince !== undefined)).toMatchObject([
      { anewSince: lastRead, checkpoint: { phase: 'backfill', until: rig.now().toISOString(), job: null } },
    ]);
    expect(changesOf(pages)).toMatchObject(ids.slice(1).map((id) => ({ fragment: `crm:contact:${id}` })));
    expect(pages.at(-1)?.checkpoint).toEqual({ v: 1, phase: 'done', instant: rig.now().toISOString() });
  });

  it('that refuses the last two hours fails the pull, because reading all anew would not end', async () => {
    await using rig = await openRig();
    const { contacts: from } = await checkpoints(rig, ['contacts']);
    rig.pass(30 * MINUTE);
    rig.vendor.store.forgetDeletions(rig.now().getTime());

    const reading = readStream(rig, 'contacts', { from });

    await expect(reading).rejects.toMatchObject({ kind: 'config', code: 'salesforce/delete-log-refused' });
  });
});

async function checkpoints<Name extends string>(rig: SalesforceRig, names: readonly Name[]) {
  const read = names.map(async (name) => [name, (await readStream(rig, name)).at(-1)?.checkpoint] as const);
  return Object.fromEntries(await Promise.all(read)) as Record<Name, Awaited<(typeof read)[number]>[1]>;
}

function fill({ vendor }: SalesforceRig, count: number): string[] {
  return Array.from({ length: count }, (_, n) => vendor.store.insert('Contact', { LastName: `Person ${n}` }));
}

function changesOf(pages: readonly { readonly changes: readonly Change[] }[]): Change[] {
  return pages.flatMap((page) => [...page.changes]);
}
