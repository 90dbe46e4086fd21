import { describe, expect, it } from 'vitest';
import { versionOf } from '../../lib/domain/definitions.ts';
import type { Json, JsonObject } from '../../lib/domain/json.ts';
import { openLearned } from '../../lib/domain/learned/learned.ts';
import { addToSample, emptySample } from '../../lib/domain/learned/sample.ts';
import { trainPart } from '../../lib/domain/learned/train/train.ts';
import { keepCard } from '../../lib/pipeline/learn/cards.ts';
import { withApi } from './asking.ts';

const now = new Date('2026-11-21T00:00:00.000Z');
const on = withApi(now);
const { ask, misfits } = on;

describe('/api/models', () => {
  it('is trained when somebody asks, told by cards, and nothing where a workspace learns nothing', async () => {
    const at = { expression: 'cron(30 3 * * ? *)', words: 'nightly at 03:30' };
    const rfm = { did: 'Order Completed', value: 'revenue', withinMs: 365 * 86_400_000 };
    const { version: _, ...published } = await on.api.deps.definitions();
    expect(await ask('POST', '/api/models')).toMatchObject({ status: 400, body: { code: 'api/nothing-to-learn' } });
    const content = { ...published, learned: { at, rfm } };
    await ask('POST', '/api/definitions', { version: versionOf(content), ...content } as unknown as Json);

    const asked = await ask('POST', '/api/models');
    expect(asked).toMatchObject({ status: 202, body: { what: 'learn', state: 'running' } });
    expect(misfits('/api/models', 'post', asked.body)).toEqual([]);
    const job = `/api/jobs/${encodeURIComponent(String((asked.body as JsonObject).id))}`;
    expect(misfits('/api/jobs/{job}', 'get', (await ask('GET', job)).body)).toEqual([]);

    const { parts } = openLearned(content.learned);
    const trained = { part: parts[0] ?? expect.fail('no part'), rules: content.learned, asOf: now.getTime() };
    for (const [earlier, count] of [
      [1, 10],
      [0, 60],
    ] as const) {
      const people = Array.from({ length: count }, (_, place) => ({
        place,
        rows: new Map([['rfm', { values: [-place, place, place] }]]),
      }));
      const sample = addToSample(emptySample, people, 100);
      const asOf = trained.asOf - earlier * 86_400_000;
      const { card } = trainPart({ ...trained, asOf, sample, earliest: asOf, former: undefined });
      await keepCard(on.api.deps, card);
    }
    const listed = await ask('GET', '/api/models?limit=1');
    expect(misfits('/api/models', 'get', listed.body)).toEqual([]);
    expect(listed.body).toMatchObject({ cards: [{ state: 'trained' }], next: '2026-11-21T00:00:00.000Z.rfm' });
    const older = await ask('GET', `/api/models?after=${String((listed.body as JsonObject).next)}`);
    expect(older.body).toMatchObject({ cards: [{ state: 'refused', refusal: { code: 'too-few' } }] });
    const one = await ask('GET', '/api/models/rfm');
    expect(misfits('/api/models/{model}', 'get', one.body)).toEqual([]);
    expect(one.body).toMatchObject({ model: 'rfm', card: { state: 'trained' }, scores: null });
    expect(await ask('GET', '/api/models/clusters')).toMatchObject({
      status: 404,
      body: { code: 'api/no-such-model' },
    });
    expect(await ask('GET', '/api/models?limit=0')).toMatchObject({ status: 400, body: { code: 'api/bad-query' } });
  });
});
