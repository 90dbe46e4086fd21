import { describe, expect, it } from 'vitest';
import type { Echo, Write } from '../../../lib/connectors/contract.ts';
import type { Change } from '../../../lib/domain/change.ts';
import { isJsonObject } from '../../../lib/domain/json.ts';
import { dropEchoes, openNotes } from '../../../lib/pipeline/push/write-ledger.ts';
import { identityKey } from '../delivering.ts';
import { openMemoryLedger } from '../memory-ledger.ts';
import { openHandClock } from '../memory-state.ts';
import { definitions, NOW } from '../world.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const KEPT = { activitiesKeptMs: 400 * DAY, archiveKeptMs: 90 * DAY };

const stage = (value: string): Write => ({ object: 'Contact', id: '1', field: 'Stage', value });
const tag = (name: string): Write => ({ object: 'member', id: '1', field: `tag ${name}`, value: true });
const field = (value: string): Write => ({ object: 'member', id: '1', field: 'SEGMENT', value });
const joined = (value: string | null): Write => ({ object: 'Member', id: 'c/1', field: 'Id', value });

/** A tool whose contacts have a stage and tags, and who join campaigns. */
function echoes(change: Change): readonly Echo[] {
  if (change.kind === 'activity') return [{ writes: [joined(change.id), joined(null)], of: 'change' }];
  if (change.kind !== 'profile') return [];
  const { stage: held, tags = [], merge } = change.traits ?? {};
  return [
    ...(isJsonObject(merge)
      ? [{ writes: [field(String(merge.SEGMENT))], of: { trait: 'merge', key: 'SEGMENT' } }]
      : []),
    ...(typeof held === 'string' ? [{ writes: [stage(held)], of: { trait: 'stage' } }] : []),
    ...(tags as string[]).map((name) => ({ writes: [tag(name)], of: { trait: 'tags', element: name } })),
  ];
}

function openRig() {
  const ledger = openMemoryLedger();
  const clock = openHandClock(NOW);
  const deps = { ledger, clock, key: async () => identityKey };
  return {
    ledger,
    clock,
    notes: openNotes(deps, 'tool', KEPT),
    hear: (changes: readonly Change[], connection = 'tool') =>
      dropEchoes(deps, definitions, connection, { echoes, config: {} }, changes),
  };
}

function contact(traits: { stage?: string; tags?: string[]; name?: string }, at = NOW): Change {
  return { kind: 'profile', fragment: 'tool:contact:1', at: new Date(at).toISOString(), traits };
}

function join(id: string, at = NOW): Change {
  return { kind: 'activity', fragment: 'tool:contact:1', at: new Date(at).toISOString(), id, name: 'Joined' };
}

describe('dropEchoes', () => {
  it('drops what we wrote, as often as it comes, and lets its neighbours pass', async () => {
    const rig = openRig();
    await rig.notes.asked([stage('customer')]);
    const back = contact({ stage: 'customer', name: 'Ann' }, NOW + MINUTE);

    const once = await rig.hear([back]);
    const again = await rig.hear([back]);

    expect(once).toEqual({ changes: [contact({ name: 'Ann' }, NOW + MINUTE)], echoes: 1 });
    expect(again).toEqual(once);
  });

  it('takes another value for an edit, and what is set back by hand too', async () => {
    const rig = openRig();
    await rig.notes.asked([stage('customer')]);
    const edit = contact({ stage: 'prospect' }, NOW + 10 * MINUTE);
    const setBack = contact({ stage: 'customer' }, NOW + 20 * MINUTE);

    expect(await rig.hear([edit])).toEqual({ changes: [edit], echoes: 0 });
    expect(await rig.hear([setBack])).toEqual({ changes: [setBack], echoes: 0 });
  });

  it('still knows its write after an older value came late', async () => {
    const rig = openRig();
    await rig.notes.asked([stage('customer')]);
    await rig.hear([contact({ stage: 'prospect' }, NOW - 10 * MINUTE)]);

    expect((await rig.hear([contact({ stage: 'customer' })])).echoes).toBe(1);
  });

  it('knows what it wrote before the last write, in a record that was read late', async () => {
    const rig = openRig();
    await rig.notes.made([stage('customer')]);
    rig.clock.pass(DAY);
    await rig.notes.asked([stage('lead')]);
    await rig.notes.made([stage('lead')]);
    const late = contact({ stage: 'customer', name: 'Ann' }, NOW + MINUTE);
    const setBack = contact({ stage: 'customer', name: 'Ann' }, NOW + 2 * DAY);

    expect(await rig.hear([late])).toEqual({ changes: [contact({ name: 'Ann' }, NOW + MINUTE)], echoes: 1 });
    // The older state is no edit: what we wrote last is still ours.
    expect((await rig.hear([contact({ stage: 'lead' }, NOW + DAY + MINUTE)])).echoes).toBe(1);
    expect(await rig.hear([setBack])).toEqual({ changes: [setBack], echoes: 0 });
  });

  it('lets the value pass that stood there before any of ours, and still knows ours', async () => {
    const rig = openRig();
    rig.clock.pass(DAY);
    await rig.notes.made([stage('customer')]);
    const before = contact({ stage: 'prospect' }, NOW);

    expect(await rig.hear([before])).toEqual({ changes: [before], echoes: 0 });
    expect((await rig.hear([contact({ stage: 'customer' }, NOW + DAY)])).echoes).toBe(1);
  });

  it('takes our key out of an object and leaves the others', async () => {
    const rig = openRig();
    await rig.notes.made([field('lapsing')]);
    const merge = (held: object): Change => ({ ...contact({}), traits: { merge: held } }) as Change;

    expect(await rig.hear([merge({ SEGMENT: 'lapsing', SHIRT: 'M' })])).toEqual({
      changes: [merge({ SHIRT: 'M' })],
      echoes: 1,
    });
  });

  it('counts a day in the time of the tool, however late the pull', async () => {
    const rig = openRig();
    await rig.notes.asked([stage('customer')]);
    rig.clock.pass(3 * DAY);

    expect((await rig.hear([contact({ stage: 'customer' }, NOW + DAY - MINUTE)])).echoes).toBe(1);
    expect((await rig.hear([contact({ stage: 'customer' }, NOW + DAY)])).echoes).toBe(0);
  });

  it('forgets by the clock, not by the deletion of the entry', async () => {
    const rig = openRig();
    await rig.notes.asked([stage('customer')]);
    await rig.notes.made([tag('lapsing')]);
    rig.clock.pass(490 * DAY);

    expect((await rig.hear([contact({ stage: 'customer', tags: ['lapsing'] })])).echoes).toBe(0);
    expect(rig.ledger.entries.size).toBe(2);
  });

  it('knows what was never answered for as long as a page that tells of it may be archived', async () => {
    const rig = openRig();
    await rig.notes.asked([stage('customer')]);
    rig.clock.pass(89 * DAY);

    expect((await rig.hear([contact({ stage: 'customer' }, NOW + MINUTE)])).echoes).toBe(1);
    expect((await rig.hear([contact({ stage: 'customer' }, NOW + DAY)])).echoes).toBe(0);
  });

  it('knows what was made in a page that was read on the last day that it counted, until that page is gone', async () => {
    const rig = openRig();
    await rig.notes.made([tag('lapsing')]);
    const lastDay = NOW + 399 * DAY;
    rig.clock.pass(488 * DAY);

    expect((await rig.hear([contact({ tags: ['lapsing'] }, lastDay)])).echoes).toBe(1);
    expect((await rig.hear([contact({ tags: ['lapsing'] }, lastDay + DAY)])).echoes).toBe(0);
  });

  it('takes our elements out of a list and leaves the others', async () => {
    const rig = openRig();
    await rig.notes.made([tag('lapsing')]);

    const heard = await rig.hear([contact({ tags: ['lapsing', 'vip'] }, NOW + 30 * DAY)]);

    expect(heard).toEqual({ changes: [contact({ tags: ['vip'] }, NOW + 30 * DAY)], echoes: 1 });
  });

  it('knows a record that we made for as long as it may count, and no other one of the same pair', async () => {
    const rig = openRig();
    await rig.notes.asked([joined(null)]);
    await rig.notes.made([joined('00v1')]);

    const heard = await rig.hear([join('00v1', NOW - 2 * MINUTE), join('00v2', NOW + MINUTE)]);

    expect(heard).toEqual({ changes: [join('00v2', NOW + MINUTE)], echoes: 1 });
    rig.clock.pass(300 * DAY);
    expect((await rig.hear([join('00v1')])).echoes).toBe(1);
  });

  it('takes a record for ours while the answer is missing, from the first time we asked', async () => {
    const rig = openRig();
    await rig.notes.asked([joined(null)]);
    rig.clock.pass(30 * MINUTE);
    await rig.notes.asked([joined(null)]);

    const heard = await rig.hear([join('00v1', NOW + MINUTE), join('00v0', NOW - 5 * MINUTE)]);

    expect(heard).toEqual({ changes: [join('00v0', NOW - 5 * MINUTE)], echoes: 1 });
  });

  it('does not unlearn what the tool confirmed when it is asked again', async () => {
    const rig = openRig();
    await rig.notes.made([tag('lapsing')]);
    await rig.notes.asked([tag('lapsing')]);

    expect((await rig.hear([contact({ tags: ['lapsing'] }, NOW + 30 * DAY)])).echoes).toBe(1);
  });

  it('looks nothing up where nothing is pushed, and one time for a page', async () => {
    const rig = openRig();
    await rig.hear([contact({ stage: 'customer' })], 'crm');
    await rig.hear([contact({ name: 'Ann' })]);
    expect(rig.ledger.counts.reads).toBe(0);

    await rig.hear([contact({ stage: 'customer' }), contact({ tags: ['vip'] }), join('00v1')]);
    expect(rig.ledger.counts.reads).toBe(1);
  });

  it('holds no ids and no values', async () => {
    const rig = openRig();
    await rig.notes.asked([{ object: 'member', id: 'ann@example.com', field: 'stage', value: 'customer' }]);

    expect(JSON.stringify([...rig.ledger.entries])).not.toMatch(/ann|customer|stage|member/);
  });
});
