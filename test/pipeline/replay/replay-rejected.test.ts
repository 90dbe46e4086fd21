import { describe, expect, it } from 'vitest';
import type { Mapping } from '../../../lib/domain/mapping.ts';
import { readJob } from '../../../lib/pipeline/jobs/jobs.ts';
import { type Selection, startReplayRejected } from '../../../lib/pipeline/replay/replay-rejected.ts';
import { seededFate } from '../delivering.ts';
import { openMemoryAudience } from '../memory-audience.ts';
import { NOW } from '../world.ts';
import { openReplayRig, type RigOptions, type RigStream } from './replay-rig.ts';
import { actsBy, anAct } from './replayed-activities.ts';

const HOUR = 3_600_000;
const narrow = actsBy(1, { open: 'Opened' });
const wide = actsBy(2, { open: 'Opened', click: 'Clicked', look: 'Looked' });

async function pulled(mapping: Mapping, options: RigOptions = {}) {
  const stream: RigStream = {
    mapping,
    records: [
      anAct('a1'),
      anAct('a2', { what: 'click' }),
      anAct('a3', { what: 'click', hour: 2 }),
      anAct('a4', { what: 'look', hour: 3 }),
    ],
  };
  const rig = openReplayRig({ acts: stream }, options);
  await rig.pull(true);
  rig.clock.pass(HOUR);
  const quarantined = () => rig.state.list('quarantine#crm', { most: 9 });
  return {
    rig,
    stream,
    quarantined,
    async readAgain(selection: Selection) {
      const id = await startReplayRejected(rig, 'crm', selection);
      await rig.finishJobs();
      const found = await readJob(
        { ...rig, memberships: openMemoryAudience().memberships, push: rig.sync },
        rig.workspace,
        id,
      );
      return { state: found?.state, ...found?.parts[0] };
    },
    done: () =>
      rig.stores
        .everythingDone()
        .map(({ name }) => name)
        .sort(),
  };
}

describe('records in quarantine, read again', () => {
  it('are used when the mapping is mended: the named one alone, and no other', async () => {
    const { stream, quarantined, readAgain, done } = await pulled(narrow);
    const [one] = await quarantined();
    stream.mapping = wide;

    const part = await readAgain({ ids: [one?.id ?? ''] });

    expect(part).toMatchObject({ state: 'finished', records: 1, used: 1, refused: 0, changes: 1 });
    expect([done().length, (await quarantined()).length]).toEqual([2, 2]);
    expect((await quarantined()).map(({ id }) => id)).not.toContain(one?.id);
  });

  it('are used with all that were refused alike, and come to what a fresh load makes', async () => {
    const { rig, stream, quarantined, readAgain, done } = await pulled(narrow);
    const code = String((await quarantined())[0]?.body.code);
    stream.mapping = wide;

    const part = await readAgain({ code });

    expect(part).toMatchObject({ records: 3, used: 3, refused: 0 });
    expect([await quarantined(), done()]).toEqual([[], ['Clicked', 'Clicked', 'Looked', 'Opened']]);
    const fresh = openReplayRig({ acts: stream });
    fresh.clock.pass(HOUR);
    await fresh.pull(true);
    expect(rig.people()).toEqual(fresh.people());
  });

  it('stay with the reason of today when they are refused again', async () => {
    const { stream, quarantined, readAgain } = await pulled(narrow);
    const before = await quarantined();
    stream.mapping = actsBy(2, { open: 'Opened', click: 'Clicked', look: 'Looked' }, 'nowhere');

    const part = await readAgain({ ids: before.map(({ id }) => id) });

    expect(part).toMatchObject({ state: 'finished', records: 3, used: 0, refused: 3, changes: 0 });
    const after = await quarantined();
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(after.map(({ body }) => body.reason)).not.toEqual(before.map(({ body }) => body.reason));
  });

  it('are used once however often their worker dies, and are in the archive for a later replay', async () => {
    const { rig, stream, quarantined, readAgain, done } = await pulled(narrow, { fate: seededFate(11, 0.1) });
    const code = String((await quarantined())[0]?.body.code);
    stream.mapping = wide;

    await readAgain({ code });
    const once = done();
    await rig.replay(NOW, rig.clock.now().getTime() + HOUR);

    expect([once, done()]).toEqual([once, ['Clicked', 'Clicked', 'Looked', 'Opened']]);
  });

  it('that nobody can read alone are told, and stay', async () => {
    const { rig, quarantined, readAgain } = await pulled(wide);
    await rig.state.put('quarantine#crm', 'd', { stream: 'deliveries', code: 'x/y', reason: 'r', record: {} }, 0);

    expect(await readAgain({ code: 'x/y' })).toMatchObject({ records: 1, used: 0, unreadable: 1 });
    expect(await quarantined()).toHaveLength(1);
  });
});
