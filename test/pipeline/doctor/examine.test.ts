import { describe, expect, it } from 'vitest';
import { connectors } from '../../../lib/connectors/registry.ts';
import { declaredIn } from '../../../lib/domain/declared.ts';
import type { Definitions } from '../../../lib/domain/definitions.ts';
import { TributaryError } from '../../../lib/domain/errors.ts';
import { raiseAlert } from '../../../lib/pipeline/alerts.ts';
import { type ExamineDeps, examine } from '../../../lib/pipeline/doctor/examine.ts';
import { askToSignIn, signIn } from '../../../lib/pipeline/doctor/sign-in.ts';
import type { QueueMessage } from '../../../lib/pipeline/ports.ts';
import { newRun, readPush, savePush } from '../../../lib/pipeline/push/push-run.ts';
import { noteRound } from '../../../lib/pipeline/rounds.ts';
import { LEASE_MS } from '../../../lib/pipeline/run-list.ts';
import { readStream, type SyncRun, saveStream } from '../../../lib/pipeline/sync/sync-run.ts';
import { identityKey, standingClock } from '../delivering.ts';
import { openMemoryArchive, openMemoryState } from '../memory-state.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { NOW, definitions as plain } from '../world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const instant = (hoursAgo: number): string => new Date(NOW - hoursAgo * HOUR).toISOString();

const definitions: Definitions = {
  ...plain,
  connections: {
    crm: {
      ...{ name: 'crm', connector: 'salesforce', webhook: false, quotaShare: 0.5, requestsPerDay: 100, config: {} },
      streams: { contacts: { expression: 'rate(1 hours)', words: 'every hour' } },
    },
    tool: { name: 'tool', connector: 'mailchimp', streams: {}, webhook: false, quotaShare: 1, config: {} },
  },
};

function openPatient(given: Partial<ExamineDeps> = {}) {
  const state = openMemoryState();
  const deps: ExamineDeps = {
    ...openMemoryStores(),
    state,
    archive: openMemoryArchive(),
    key: async () => identityKey,
    clock: standingClock,
    definitions: async () => definitions,
    deployed: (wanted) => wanted,
    queueDepths: async () => ({}),
    program: { release: '0.1.0', node: 'v24.1.0', formats: { profiles: 1 } },
    ...given,
  };
  return {
    state,
    /** What is not well and can be known, as `id of: status`. */
    async sick(): Promise<string[]> {
      const { checks } = await examine(deps);
      const known = checks.filter(({ status }) => status !== 'ok' && status !== 'not-checked');
      return known.map(({ id, of, status }) => `${id}${of === null ? '' : ` ${of}`}: ${status}`).sort();
    },
    checks: async () => (await examine(deps)).checks,
  };
}

type Patient = ReturnType<typeof openPatient>;

/** As it is when everything runs as it should. */
async function heal({ state }: Patient, run: Partial<SyncRun> = {}): Promise<void> {
  const stream = await readStream(state, 'crm', 'contacts');
  const counts = { backfill: false, pages: 1, changes: 0, rejected: 0, sent: {} };
  const ended = { id: 'r', connection: 'crm', stream: 'contacts', startedAt: instant(0.5), endedAt: instant(0.4) };
  const whole: SyncRun = { ...ended, ...counts, state: 'finished', ...run };
  await saveStream(state, 'crm', 'contacts', stream, { epoch: 1, leaseUntil: 0, run: whole });
  const sweep = await state.get('sweep', 'cursor');
  await state.put('sweep', 'cursor', { until: NOW - 60_000 }, sweep?.version ?? 0);
  await state.put('run', `${whole.startedAt}#${whole.id}`, { what: 'sync', ...whole } as never, 0);
  for (const round of ['care', 'recount'] as const) await noteRound({ state, clock: standingClock }, round);
  const push = await readPush(state, 'to-tool');
  const pushed = { ...newRun('p', 'to-tool', instant(1), false), state: 'finished', endedAt: instant(1) } as const;
  await savePush({ state, clock: standingClock }, push, { ...push.state, run: pushed });
}

describe('examine', () => {
  it('finds nothing where everything is as it should be', async () => {
    const patient = openPatient();
    await heal(patient);

    expect(await patient.sick()).toEqual([]);
    expect((await patient.checks()).length).toBeGreaterThan(10);
  });

  it('finds what was never published, and no sweep, and looks at the rest', async () => {
    const none = new TributaryError('config', 'definitions/none', 'nothing is published yet');
    const patient = openPatient({ definitions: () => Promise.reject(none) });

    expect(await patient.sick()).toEqual(['definitions: fail', 'sweep: fail']);
  });

  it('finds resources that are published and not deployed', async () => {
    const deployed = { ...declaredIn(definitions), 'push gone': 'tool by hand' };
    const patient = openPatient({ deployed: () => deployed });
    await heal(patient);

    expect(await patient.sick()).toEqual(['drift: fail']);
    expect((await patient.checks()).find(({ id }) => id === 'drift')?.found).toContain('push gone removed');
    expect(await openPatient({ deployed: () => undefined }).sick()).toContain('drift: fail');
  });

  it('finds a store that refuses, by the name that AWS gives it', async () => {
    const cause = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    const refuses = () => Promise.reject(cause);
    const patient = openPatient({ history: { ofProfile: refuses } });
    await heal(patient);

    expect(await patient.sick()).toEqual(['stores history: fail']);
    expect((await patient.checks()).find(({ id }) => id === 'stores')?.found).toContain('AccessDeniedException');
  });

  it('finds dead letters, missed schedules and a long queue, and bears that queues cannot be asked', async () => {
    const depth = { ready: 0, hidden: 0, delayed: 0 };
    const depths = { changes: { ...depth, ready: 20_000 }, push: depth, 'push-dead-letters': { ...depth, hidden: 1 } };
    const patient = openPatient({
      queueDepths: async () => ({ ...depths, 'missed-schedules': { ...depth, ready: 2 } }),
    });
    const blind = openPatient({ queueDepths: () => Promise.reject(new Error('gone')) });
    for (const one of [patient, blind]) await heal(one);

    expect(await patient.sick()).toEqual([
      'dead-letters missed-schedules: fail',
      'dead-letters push-dead-letters: fail',
      'queue changes: warn',
    ]);
    const push = (await patient.checks()).find(({ of }) => of === 'push-dead-letters');
    expect(push?.do).toBe('find the cause, mend it, then: tributary redrive push');
    expect(await blind.sick()).toEqual(['examination: fail']);
  });

  it('finds a sweep that stopped, a schedule that is silent and one that has not begun', async () => {
    const patient = openPatient();
    await heal(patient, { startedAt: instant(4), endedAt: instant(4) });
    const sweep = await patient.state.get('sweep', 'cursor');
    await patient.state.put('sweep', 'cursor', { until: NOW - HOUR }, sweep?.version ?? 0);

    expect(await patient.sick()).toEqual(['schedule crm/contacts: fail', 'sweep: fail']);
    expect(await openPatient().sick()).toContain('schedule crm/contacts: warn');
  });

  it('finds a run that was turned away, and that the way in is open again', async () => {
    const patient = openPatient();
    const error = { kind: 'auth', code: 'salesforce/bad-credentials', message: 'no' } as const;
    await heal(patient, { state: 'failed', error });

    expect(await patient.sick()).toEqual(['run crm/contacts: fail', 'sign-in crm: fail']);
    const run = (await patient.checks()).find(({ id, status }) => id === 'run' && status === 'fail');
    expect(run?.docs).toBe('docs/errors.md#salesforcebad-credentials');

    await patient.state.put('sign-in', 'crm', { at: instant(0) }, 0);
    expect(await patient.sick()).toEqual(['run crm/contacts: fail']);
  });

  it('finds a push and a pull whose workers died and that nobody went on with', async () => {
    const patient = openPatient();
    await heal(patient);
    const { state } = patient;
    const push = await readPush(state, 'to-tool');
    const running = newRun('p', 'to-tool', instant(1), false);
    const left = async (agoMs: number) => {
      const held = await readPush(state, 'to-tool');
      const clock = { ...standingClock, now: () => new Date(NOW - agoMs) };
      await savePush({ state, clock }, held, { ...push.state, run: running }, { leaseMs: LEASE_MS });
      const stream = await readStream(state, 'crm', 'contacts');
      const run = { ...(stream.state.run as SyncRun), state: 'running' } as const;
      const leaseUntil = NOW - agoMs + LEASE_MS;
      await saveStream(state, 'crm', 'contacts', stream, { ...stream.state, run, leaseUntil });
    };
    await left(20 * MINUTE);
    expect(await patient.sick()).toEqual(['sign-in tool: warn']);

    await left(24 * MINUTE);
    expect(await patient.sick()).toEqual(['run crm/contacts: warn', 'run to-tool: warn', 'sign-in tool: warn']);

    // Nobody has it, and its message to look again in half a minute is lost.
    const held = await readPush(state, 'to-tool');
    const clock = { ...standingClock, now: () => new Date(NOW - 21 * MINUTE) };
    await savePush(
      { state, clock },
      held,
      { ...push.state, run: { ...running, state: 'waiting' } },
      { waitSeconds: 30 },
    );
    expect(await patient.sick()).toEqual(['run crm/contacts: warn', 'run to-tool: warn', 'sign-in tool: warn']);
  });

  it('finds a run that was let go of and that nobody took up again', async () => {
    const patient = openPatient();
    await heal(patient);
    const { state } = patient;
    const letGo = async (agoMs: number) => {
      const held = await readPush(state, 'to-tool');
      const clock = { ...standingClock, now: () => new Date(NOW - agoMs) };
      await savePush({ state, clock }, held, { ...held.state, run: newRun('p', 'to-tool', instant(3), false) });
    };
    await letGo(10 * MINUTE);
    expect(await patient.sick()).toEqual(['sign-in tool: warn']);

    await letGo(21 * MINUTE);
    expect(await patient.sick()).toEqual(['run to-tool: warn', 'sign-in tool: warn']);
  });

  it('finds a held push, an open alert and a quota that is nearly spent', async () => {
    const patient = openPatient();
    await heal(patient);
    const { state } = patient;
    const push = await readPush(state, 'to-tool');
    const held = { ...newRun('p', 'to-tool', instant(1), false), state: 'held' } as const;
    await savePush({ state, clock: standingClock }, push, { ...push.state, run: held });
    const told = { kind: 'held', subject: 'to-tool', says: 'too many', todo: 'approve it', run: 'p' } as const;
    await raiseAlert({ state, clock: standingClock, log: () => {}, notify: async () => {} }, told);
    await state.put('budget', 'crm', { day: instant(0).slice(0, 10), calls: 45 }, 0);

    expect(await patient.sick()).toEqual([
      'alert to-tool: warn',
      'quota crm: warn',
      'run to-tool: warn',
      'sign-in tool: warn',
    ]);
  });

  it('names a document and something to do wherever something is wrong', async () => {
    const wrong = (await openPatient().checks()).filter(({ status }) => status === 'fail' || status === 'warn');

    expect(wrong.length).toBeGreaterThan(2);
    expect(wrong.filter((one) => one.do === null || !one.docs.startsWith('docs/'))).toEqual([]);
  });
});

describe('signing in', () => {
  it('is asked of the function that holds the secret of each connection', async () => {
    const sent: Record<string, QueueMessage[]> = { sync: [], push: [] };
    const queue = (name: string) => ({ send: async (some: readonly QueueMessage[]) => void sent[name]?.push(...some) });

    const { asked } = await askToSignIn(
      { sync: queue('sync'), push: queue('push'), clock: standingClock },
      definitions,
    );

    expect(asked).toEqual(['crm', 'tool']);
    expect(sent).toEqual({ sync: [{ body: { signIn: 'crm' } }], push: [{ body: { signIn: 'tool' } }] });
  });

  it('notes why it was refused, and neither throws nor says as whom', async () => {
    const patient = openPatient();
    await heal(patient);
    const deps = {
      ...{ connectors, state: patient.state, clock: standingClock, log: () => {}, secretName: (name: string) => name },
      definitions: async () => definitions,
      secrets: async () => ({}),
    };

    await signIn(deps, 'crm', new AbortController().signal);

    expect((await patient.state.get('sign-in', 'crm'))?.body).toEqual({
      at: instant(0),
      refused: 'connection/bad-secret',
    });
    expect(await patient.sick()).toEqual(['sign-in crm: fail']);
  });
});
