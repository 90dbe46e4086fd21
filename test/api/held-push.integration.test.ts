import { describe, expect, it } from 'vitest';
import { putOutcomes } from '../../lib/pipeline/push/outcomes.ts';
import { listPush, newRun, type PushRun, readPush, savePush } from '../../lib/pipeline/push/push-run.ts';
import { withApi } from './asking.ts';

const on = withApi(new Date('2026-11-21T00:00:00.000Z'));
const { ask, misfits } = on;

describe('a held push', () => {
  it('is shown with its plan and its outcomes, and approved once', async () => {
    const { state, archive } = on.api.deps;
    const audience = 'quiet-readers-to-newsletter';
    const held: PushRun = {
      ...newRun(`${audience}.2026-11-21T02:00:00.000Z`, audience, '2026-11-21T02:00:00.000Z', false),
      state: 'held',
      outcomeParts: 1,
      holds: [{ guard: 'first-run', says: 'the first push', todo: 'look' }],
      plan: {
        ...{ hash: 'f'.repeat(64), add: 1, remove: 0, unchanged: 0, blocked: {}, removedBecause: {} },
        ...{ optOuts: 0, size: 0, calls: 1, quota: null, minutes: 1 },
      },
    };
    await savePush(on.api.deps, await readPush(state, audience), { run: held });
    await listPush(on.api.deps, held);
    const other = `${audience}-too`;
    await listPush(on.api.deps, newRun(`${other}.2026-11-21T03:00:00.000Z`, other, '2026-11-21T03:00:00.000Z', false));
    await listPush(
      on.api.deps,
      newRun(`${audience}.2026-11-20T02:00:00.000Z`, audience, '2026-11-20T02:00:00.000Z', false),
    );
    const line = { profile: 'p_1', op: 'add', status: 'applied', at: '2026-11-21T02:00:00.000Z' } as const;
    await putOutcomes(archive, held, 0, [line]);
    const path = `/api/runs/${encodeURIComponent(held.id)}`;

    const [shown, part] = [await ask('GET', path), await ask('GET', `${path}/outcomes/0`)];
    expect(shown.body).toMatchObject({ state: 'held', plan: { add: 1 }, holds: [{ guard: 'first-run' }] });
    expect(part.body).toEqual({ run: held.id, part: 0, parts: 1, outcomes: [line] });
    expect(misfits('/api/runs/{run}/outcomes/{part}', 'GET', part.body)).toEqual([]);

    const listed = await ask('GET', `/api/audiences/${audience}/runs`);
    expect(listed.body).toMatchObject([{ id: held.id, state: 'held' }, { startedAt: '2026-11-20T02:00:00.000Z' }]);
    const page = await ask('GET', `/api/audiences/${audience}`);
    expect(misfits('/api/audiences/{audience}', 'GET', page.body)).toEqual([]);
    expect(page.body).toMatchObject({
      ...{ audience, segmentTitle: 'Readers who went quiet', connector: 'mailchimp', mode: 'mirror', match: ['email'] },
      ...{ needs: { subscribed: 'email' }, holdout: 0, schedule: 'nightly at 04:00', run: { id: held.id } },
      guardrails: { maxAdd: 0.2, maxRemove: 0.05, smallChange: 10, firstRun: 'into-empty', maxOptOuts: 0 },
    });

    const wrong = await ask('POST', `${path}/approve`, { hash: 'e'.repeat(64), by: 'ops' });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'push/plan-moved' } });
    const first = await ask('POST', `${path}/approve`, { hash: 'f'.repeat(64), by: 'ops' });
    const again = await ask('POST', `${path}/approve`, { hash: 'f'.repeat(64), by: 'ops' });
    expect([first.body, again.body]).toMatchObject([{ already: false }, { already: true }]);
    expect(misfits('/api/runs/{run}/approve', 'POST', first.body)).toEqual([]);
    expect((await ask('GET', path)).body).toMatchObject({ state: 'running', approved: { by: 'ops' } });
    expect((await ask('GET', '/api/alerts')).body).toEqual([]);
  });
});
