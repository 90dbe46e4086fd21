import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../lib/domain/json.ts';
import { readJob, startPull, startPush } from '../../../lib/pipeline/jobs/jobs.ts';
import { identityKey } from '../delivering.ts';
import { openMemoryAudience } from '../memory-audience.ts';
import { openHandClock, openMemoryQueue, openMemoryState } from '../memory-state.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { definitions, NOW } from '../world.ts';

const SECOND = 1_000;

function openRig() {
  const state = openMemoryState();
  const clock = openHandClock(NOW);
  const { memberships } = openMemoryAudience();
  const queues = { changes: openMemoryQueue(), sync: openMemoryQueue(), push: openMemoryQueue() };
  const { identities, profiles } = openMemoryStores();
  const deps = { state, memberships, identities, profiles, key: async () => identityKey, ...queues, clock };
  const at = (seconds: number) => new Date(NOW + seconds * SECOND).toISOString();
  const write = async (kind: string, id: string, body: JsonObject) => {
    await state.put(kind, id, body, (await state.get(kind, id))?.version ?? 0);
  };
  const stream = (run: JsonObject) =>
    write('stream', 'crm/contacts', { epoch: 1, leaseUntil: 0, run: { sent: {}, ...run } });
  const push = (run: JsonObject) => write('push', 'to-tool', { leaseUntil: 0, run: { tally: {}, ...run } });
  return { deps, at, stream, push };
}

describe('a job', () => {
  it('is served by a run that was under way when it was asked for', async () => {
    const { deps, at, stream } = openRig();
    await stream({ id: 'r1', state: 'running', startedAt: at(-60) });
    const job = await startPull(deps, [{ connection: 'crm', stream: 'contacts' }], false);
    expect(await readJob(deps, definitions, job.id)).toMatchObject({ state: 'running' });

    await stream({ id: 'r1', state: 'finished', startedAt: at(-60), endedAt: at(5) });

    expect(await readJob(deps, definitions, job.id)).toMatchObject({ state: 'finished' });
  });

  it('is not served by a run that had ended', async () => {
    const { deps, at, stream, push } = openRig();
    await stream({ id: 'r1', state: 'finished', startedAt: at(-60), endedAt: at(-30) });
    await push({ id: 'r1', state: 'finished', startedAt: at(-60), endedAt: at(-30) });

    const pull = await startPull(deps, [{ connection: 'crm', stream: 'contacts' }], false);
    const pushing = await startPush(deps, ['to-tool']);

    expect(await readJob(deps, definitions, pull.id)).toMatchObject({ state: 'running' });
    expect(await readJob(deps, definitions, pushing.id)).toMatchObject({ state: 'running' });
  });

  it('that asks for everything is served only by a run that reads everything', async () => {
    const { deps, at, stream } = openRig();
    await stream({ id: 'r1', state: 'running', startedAt: at(-60), backfill: false });
    const job = await startPull(deps, [{ connection: 'crm', stream: 'contacts' }], true);

    await stream({ id: 'r1', state: 'finished', startedAt: at(-60), endedAt: at(5), backfill: false });
    expect(await readJob(deps, definitions, job.id)).toMatchObject({ state: 'running' });

    await stream({ id: 'r2', state: 'finished', startedAt: at(40), endedAt: at(60), backfill: true });
    expect(await readJob(deps, definitions, job.id)).toMatchObject({ state: 'finished' });
  });

  it('of a push is served by one that was under way', async () => {
    const { deps, at, push } = openRig();
    await push({ id: 'r1', state: 'waiting', startedAt: at(-60) });
    const job = await startPush(deps, ['to-tool']);

    await push({ id: 'r1', state: 'finished', startedAt: at(-60), endedAt: at(5) });

    expect(await readJob(deps, definitions, job.id)).toMatchObject({ state: 'finished' });
  });
});
