import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectors } from '../../../lib/connectors/registry.ts';
import type { Definitions } from '../../../lib/domain/definitions.ts';
import { readSample, startSample } from '../../../lib/pipeline/sync/sample-stream.ts';
import { syncStream } from '../../../lib/pipeline/sync/sync-stream.ts';
import type { SyncCommand } from '../../../lib/pipeline/sync/sync-work.ts';
import { formsScenario } from '../../vendors/forms/scenario.ts';
import type { FormTool } from '../../vendors/forms/server.ts';
import { identityKey } from '../delivering.ts';
import { openMemoryLedger } from '../memory-ledger.ts';
import { openHandClock, openMemoryArchive, openMemoryQueue, openMemoryState } from '../memory-state.ts';
import { NOW, definitions as world } from '../world.ts';

let tool: FormTool;
let rig: ReturnType<typeof openRig>;

beforeEach(async () => {
  tool = await formsScenario.start(() => new Date(NOW));
  formsScenario.streams?.responses?.seed(tool);
  rig = openRig();
});
afterEach(() => tool.close());

describe('a sample of a stream', () => {
  it('shows records as the tool has them beside what they would become, and changes nothing', async () => {
    const job = await startSample(rig, await rig.definitions(), { connection: 'survey', stream: 'responses', most: 3 });
    await work();

    const found = await readSample(rig.archive, job.id);
    expect((await rig.state.get('job', job.id))?.body).toMatchObject({ what: 'sample', state: 'finished' });
    expect(found).toHaveLength(3);
    expect(found?.[0]).toMatchObject({
      record: { token: expect.any(String), answers: [{ type: 'email' }, { type: 'number' }] },
      mapping: 'response',
      changes: [
        { kind: 'profile', traits: { nps: 13 } },
        { kind: 'activity', name: 'Survey Answered', properties: { score: 13 } },
      ],
      rejected: [],
    });
    expect((await rig.state.get('job', job.id))?.body).toMatchObject({ what: 'sample', state: 'finished' });
    expect(rig.changes.take()).toEqual([]);
    expect([...rig.archive.objects.keys()]).toEqual([`samples/${job.id}.json.gz`]);
    expect(await rig.state.get('stream', 'survey/responses')).toBeUndefined();
    expect(await rig.state.list('run', { most: 1 })).toEqual([]);
  });

  it('shows what would be rejected, and all there is where that is less', async () => {
    const job = await startSample(rig, await rig.definitions(), {
      connection: 'survey',
      stream: 'responses',
      most: 50,
    });
    await work();

    const found = await readSample(rig.archive, job.id);
    expect(found).toHaveLength(14);
    expect(found?.flatMap(({ rejected }) => rejected)).toEqual([
      { code: 'sync/bad-record', reason: expect.stringContaining('answers') },
    ]);
  });

  it('says what the tool refused, to whoever waits and to nobody else', async () => {
    rig.secrets.access_token = 'another';
    const job = await startSample(rig, await rig.definitions(), { connection: 'survey', stream: 'responses', most: 3 });
    await work();

    expect((await rig.state.get('job', job.id))?.body).toMatchObject({
      state: 'failed',
      error: { code: 'forms/token-refused' },
    });
    expect(await readSample(rig.archive, job.id)).toBeUndefined();
    expect(await rig.state.list('alert', { most: 1 })).toEqual([]);
  });

  it.each([
    ['nowhere', 'responses', 'api/no-such-connection'],
    ['survey', 'contacts', 'api/no-such-stream'],
  ])('is refused for %s %s', async (connection, stream, code) => {
    const asked = startSample(rig, await rig.definitions(), { connection, stream, most: 3 });

    await expect(asked).rejects.toMatchObject({ code });
  });
});

async function work(): Promise<void> {
  for (const { body } of rig.sync.take()) {
    await rig.run(body as unknown as SyncCommand, new AbortController().signal);
  }
}

function openRig() {
  const { config, secret } = formsScenario;
  const secrets = { ...(secret as Record<string, string>) };
  const deps = {
    connectors,
    definitions: async (): Promise<Definitions> => ({
      ...world,
      connections: {
        survey: {
          name: 'survey',
          connector: 'forms',
          endpoint: tool.url,
          streams: {},
          webhook: true,
          quotaShare: 1,
          config: config as never,
        },
      },
    }),
    secrets: async () => secrets,
    secretName: (name: string) => name,
    key: async () => identityKey,
    ledger: openMemoryLedger(),
    state: openMemoryState(),
    archive: openMemoryArchive(),
    changes: openMemoryQueue(),
    sync: openMemoryQueue(),
    jobs: openMemoryQueue(),
    // What was submitted before the sample was asked for.
    clock: openHandClock(NOW + 60_000),
    notify: async () => {},
    log: () => {},
  };
  return { ...deps, secrets, run: syncStream(deps) };
}
