import { describe, expect, it } from 'vitest';
import type { Page, Stream } from '../../../lib/connectors/contract.ts';
import type { AnyConnector } from '../../../lib/connectors/define.ts';
import type { FigureDay } from '../../../lib/domain/figure.ts';
import { readFigures } from '../../../lib/pipeline/figures.ts';
import { isStreamSettled, readStream } from '../../../lib/pipeline/sync/sync-run.ts';
import { syncStream } from '../../../lib/pipeline/sync/sync-stream.ts';
import { identityKey } from '../delivering.ts';
import { openMemoryLedger } from '../memory-ledger.ts';
import { openHandClock, openMemoryArchive, openMemoryQueue, openMemoryState } from '../memory-state.ts';
import { definitions, NOW } from '../world.ts';

const anything = { safeParse: (data: unknown) => ({ success: true as const, data }) };
const day: FigureDay = {
  report: 'channels',
  day: '2026-11-20',
  figures: [{ name: 'sessions', dimensions: {}, value: 12, unit: 'count' }],
  caveats: ['not-final'],
};

describe('a stream of figures', () => {
  it('is archived where no person is looked for, kept by day, and tells nobody of a change', async () => {
    const state = openMemoryState();
    const archive = openMemoryArchive();
    const changes = openMemoryQueue();
    const pages: Page[] = [{ changes: [], rejected: [], lines: [], figures: [day], checkpoint: { v: 1 } }];
    const stream: Stream<unknown> = {
      name: 'reports',
      figures: true,
      mappings: {},
      async *read() {
        yield* pages;
      },
      remap: () => ({ changes: [], rejected: [] }),
    };
    const connector = {
      config: anything,
      secret: anything,
      manifest: { limits: { maxConcurrency: 1 } },
      connect: async () => ({}),
      streams: [stream],
    } as unknown as AnyConnector;
    const web = {
      name: 'web',
      connector: 'fake',
      streams: { reports: { expression: 'rate(1 day)', words: 'nightly' } },
      webhook: false,
      quotaShare: 1,
      config: {},
    };
    const sync = syncStream({
      connectors: { fake: connector },
      definitions: async () => ({ ...definitions, connections: { web } }),
      secrets: async () => ({}),
      secretName: (name) => name,
      key: async () => identityKey,
      ledger: openMemoryLedger(),
      state,
      archive,
      changes,
      sync: openMemoryQueue(),
      jobs: openMemoryQueue(),
      clock: openHandClock(NOW),
      log: () => {},
      notify: async () => {},
    });

    await sync({ connection: 'web', stream: 'reports' }, new AbortController().signal);

    const { state: stands } = await readStream(state, 'web', 'reports');
    expect([...archive.objects.keys()].map((key) => key.split('/').slice(0, 3).join('/'))).toEqual([
      'figures/web/reports',
    ]);
    expect(changes.take()).toEqual([]);
    expect(stands.run).toMatchObject({ state: 'finished', pages: 1, changes: 0, figures: 1 });
    expect(await isStreamSettled(state, stands, NOW)).toBe(true);
    const { figures } = await readFigures(state, { from: '2026-11-20', to: '2026-11-20', most: 10 });
    expect(figures).toMatchObject([{ connection: 'web', report: 'channels', value: 12, caveats: ['not-final'] }]);
  });
});
