import { beforeEach, describe, expect, it } from 'vitest';
import { connectors } from '../../../lib/connectors/registry.ts';
import type { Change } from '../../../lib/domain/change.ts';
import type { Definitions } from '../../../lib/domain/definitions.ts';
import type { JsonObject } from '../../../lib/domain/json.ts';
import { endImport, importSettings, startImport, takeRows } from '../../../lib/pipeline/imports/import-file.ts';
import { importPart } from '../../../lib/pipeline/imports/import-state.ts';
import { type ReplayDeps, type ReplayJob, replay, startReplay } from '../../../lib/pipeline/replay/replay.ts';
import { markFolded } from '../../../lib/pipeline/sync/sync-run.ts';
import { openHandClock, openMemoryArchive, openMemoryQueue, openMemoryState } from '../memory-state.ts';
import { NOW, definitions as world } from '../world.ts';

const HOUR = 3_600_000;
const content = 'a'.repeat(64);
const fileAt = '2026-11-20T00:00:00Z';
const mapping = { object: 'contact', id: 'No', identifiers: { email: 'Mail' }, traits: { first_name: 'Name' } };
const rows = [
  { line: 2, row: { No: '1', Mail: 'ann@example.com', Name: 'Ann' } },
  { line: 3, row: { No: '', Mail: 'bob@example.com', Name: 'Bob' } },
];

let rig: ReturnType<typeof openRig>;
beforeEach(() => {
  rig = openRig();
});

describe('an import', () => {
  it('archives rows, queues their changes, and says which it did not take', async () => {
    const { import: id, at, done, ended } = await begin();
    const taken = await takeRows(rig, id, { batch: 0, rows });

    expect({ at, done, ended }).toEqual({ at: '2026-11-20T00:00:00.000Z', done: [], ended: false });
    expect(taken).toEqual({ changes: 1, rejected: [{ line: 3, code: 'mapping/no-id', reason: 'found no id in No' }] });
    const sent = rig.changes.take().map(({ body }) => body as JsonObject);
    expect(sent).toEqual([
      {
        origin: 'page',
        connection: 'fair',
        changes: [expect.objectContaining({ fragment: 'fair:contact:1', at, traits: { first_name: 'Ann' } })],
        read: { stream: 'files', hour: '2026-11-21T12:00:00.000Z', at: '2026-11-21T12:00:00.000Z' },
        run: { id, number: 0 },
      },
    ]);
    const [[key, lines] = []] = [...rig.archive.objects];
    expect(key).toBe(`pages/fair/files/2026-11-21/12/import-${id.split('.').at(-1)}-0000000.ndjson.gz`);
    expect(lines).toEqual([
      { of: 'fair:contact:1', mapping: 'row', record: { row: rows[0]?.row, at } },
      { mapping: 'row', record: { row: rows[1]?.row, at } },
    ]);
  });

  it('makes the same changes and the same page of a batch that comes again', async () => {
    const { import: id } = await begin();
    await takeRows(rig, id, { batch: 7, rows });
    const first = [rig.changes.take(), [...rig.archive.objects]];
    await takeRows(rig, id, { batch: 7, rows });

    expect([rig.changes.take(), [...rig.archive.objects]]).toEqual(first);
    expect((await begin()).done).toEqual([7]);
  });

  it('knows a file again by its content, and keeps its time when it is copied', async () => {
    const first = await begin();
    await endImport(rig, first.import);
    rig.clock.pass(30 * HOUR);

    const again = await begin('2026-11-22T00:00:00Z');
    rig.settings.mapping = { ...mapping, version: 2 };
    const anew = await begin('2026-11-22T00:00:00Z');

    expect(again).toEqual({ ...first, ended: true });
    expect({ ...anew, import: '' }).toEqual({ ...first, import: '' });
    expect(anew.import).not.toBe(first.import);
  });

  it('is not newer than now, whatever the clock of the sender says', async () => {
    expect((await begin('2031-01-01T00:00:00Z')).at).toBe(new Date(NOW).toISOString());
  });

  it('stops when the mapping is changed on its way', async () => {
    const { import: id } = await begin();
    rig.settings.mapping = { ...mapping, traits: {} };

    await expect(takeRows(rig, id, { batch: 0, rows })).rejects.toMatchObject({ code: 'import/mapping-moved' });
  });

  it('is followed by a job until every message is folded', async () => {
    const { import: id } = await begin();
    await takeRows(rig, id, { batch: 3, rows });

    const job = await endImport(rig, id);
    const part = { import: id };
    const before = await importPart(rig.state, part);
    await markFolded(rig.state, id, [300], NOW);

    expect(job).toMatchObject({ what: 'import', state: 'running', parts: [{ import: id, connection: 'fair' }] });
    expect([before, await importPart(rig.state, part)]).toEqual([
      { import: id, state: 'running', messages: 1, folded: 0 },
      { import: id, state: 'finished', messages: 1, folded: 1 },
    ]);
    expect((await endImport(rig, id)).state).toBe('finished');
  });

  it('rejects a row that no message can carry', async () => {
    const { import: id } = await begin();
    const large = { line: 9, row: { No: '1', Name: 'x'.repeat(300_000) } };

    const { changes, rejected } = await takeRows(rig, id, { batch: 0, rows: [large] });

    expect({ changes, rejected: rejected.map(({ line, code }) => ({ line, code })) }).toEqual({
      changes: 0,
      rejected: [{ line: 9, code: 'sync/too-large' }],
    });
  });

  it.each([
    ['nowhere', 'api/no-such-connection'],
    ['letters', 'import/takes-no-files'],
  ])('is refused for %s', async (connection, code) => {
    await expect(importSettings(rig, connection)).rejects.toMatchObject({ code });
  });

  it('is refused when nobody began it', async () => {
    await expect(takeRows(rig, 'fair.x', { batch: 0, rows })).rejects.toMatchObject({ code: 'api/no-such-import' });
  });
});

describe('a replay', () => {
  it('makes of imported rows what the mapping says now, also of those that were not taken', async () => {
    const { import: id, at } = await begin();
    await takeRows(rig, id, { batch: 0, rows });
    rig.changes.take();
    rig.settings.mapping = { object: 'contact', version: 2, id: ['No', 'Mail'], traits: { name: 'Name' } };

    const job = await startReplay(rig, await rig.definitions(), { from: NOW, to: NOW + HOUR, connection: 'fair' });
    const held = (await rig.state.get('job', job))?.body as unknown as ReplayJob;
    const { job: after } = await replay(rig as unknown as ReplayDeps)(job, held, new AbortController().signal);

    const sent = rig.changes.take().flatMap(({ body }) => (body as unknown as { changes: Change[] }).changes);
    expect(sent).toMatchObject([
      { fragment: 'fair:contact:1', at, mapping: 2, traits: { name: 'Ann' } },
      { fragment: expect.stringMatching(/^fair:contact:[0-9a-f]{32}$/), at, mapping: 2, traits: { name: 'Bob' } },
    ]);
    expect(after.parts[0]).toMatchObject({ stream: 'files', objects: 1, changes: 2, rejected: 0 });
    expect(after.parts[0]?.partial).toContain('what only a former mapping made stays');
  });
});

function begin(time = fileAt) {
  return startImport(rig, { connection: 'fair', content, fileAt: time });
}

function openRig() {
  const settings: { mapping: JsonObject } = { mapping };
  const connection = (name: string, connector: string, config: JsonObject) => ({
    name,
    connector,
    streams: {},
    webhook: false,
    quotaShare: 0.3,
    config,
  });
  const definitions = async (): Promise<Definitions> => ({
    ...world,
    connections: {
      fair: connection('fair', 'files', settings),
      letters: connection('letters', 'mailchimp', { list: 'a1b2c3' }),
    },
  });
  return {
    settings,
    definitions,
    connectors,
    state: openMemoryState(),
    archive: openMemoryArchive(),
    changes: openMemoryQueue(),
    jobs: openMemoryQueue(),
    clock: openHandClock(NOW),
    log: () => {},
  };
}
