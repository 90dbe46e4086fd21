import type { ListPage, Truth } from '../../../lib/connectors/contract.ts';
import type { AnyConnector } from '../../../lib/connectors/define.ts';
import type { Identifier } from '../../../lib/domain/change.ts';
import type { AudienceDefinition, ConnectionDefinition } from '../../../lib/domain/definitions.ts';
import type { Heal } from '../../../lib/domain/truth.ts';
import type { StateStore } from '../../../lib/pipeline/ports.ts';
import { verifyAudience } from '../../../lib/pipeline/verify/verify-audience.ts';
import { latestVerify, type VerifyCommand, type VerifyRun } from '../../../lib/pipeline/verify/verify-run.ts';
import { identityKey } from '../delivering.ts';
import { openMemoryAudience, unwanted, wantedAs } from '../memory-audience.ts';
import { openHandClock, openMemoryArchive, openMemoryQueue, openMemoryState } from '../memory-state.ts';
import { definitions, NOW } from '../world.ts';

export const MINUTE = 60_000;
const anything = { safeParse: (data: unknown) => ({ success: true as const, data }) };
const email = (name: string): Identifier => ({ type: 'email', value: `${name}@example.com` });

export interface Given {
  readonly heal?: Heal;
  readonly mode?: AudienceDefinition['mode'];
  readonly fate?: () => 'lives' | 'dies-before' | 'dies-after';
  readonly facets?: Partial<Truth<unknown>> | 'none';
}

/** An audience beside a tool's list that a test fills; `list` maps addresses to how they stand. */
export function openRig({ heal = 'report', mode = 'mirror', fate = () => 'lives', facets = {} }: Given = {}) {
  const audience = openMemoryAudience();
  const state = openMemoryState();
  const archive = openMemoryArchive();
  const queue = openMemoryQueue();
  const clock = openHandClock(NOW);
  const list = new Map<string, string>();
  const elsewhere = new Map<string, string>();
  const tool = { remoteId: 'l1' as string | undefined, onPage: (): void => {} };
  const truth: Truth<unknown> = {
    find: async () => (tool.remoteId === undefined ? undefined : { remoteId: tool.remoteId }),
    async *members(_api, _remoteId, { signal, after }): AsyncIterable<ListPage> {
      const all = [...list].map(([value, standing]) => ({ keys: [{ type: 'email', value }], standing }));
      for (let at = Number(after ?? 0); at <= all.length; at += 2) {
        if (signal.aborted) return;
        // Pages overlap by one, as those of a tool without cursors do.
        yield { members: all.slice(Math.max(0, at - 1), at + 2), ...(at + 2 <= all.length ? { next: at + 2 } : {}) };
        tool.onPage();
      }
    },
    standing: async (_api, members) => {
      const found = members.flatMap(({ memberId, keys: [key] }) => {
        const standing = elsewhere.get(key?.value ?? '');
        return standing === undefined ? [] : [[memberId, standing] as const];
      });
      return new Map(found);
    },
    ...(facets === 'none' ? {} : facets),
  };
  const connector = {
    config: anything,
    secret: anything,
    manifest: { limits: { maxConcurrency: 1 } },
    connect: async () => ({}),
    audiences: facets === 'none' ? {} : { truth },
    streams: [],
  } as unknown as AnyConnector;
  const connection: ConnectionDefinition = {
    name: 'tool',
    connector: 'fake',
    streams: {},
    webhook: false,
    quotaShare: 1,
    config: {},
  };
  const [template] = definitions.audiences;
  if (template === undefined) throw new Error('the world has an audience');
  const definition: AudienceDefinition = { ...template, mode, verify: { when: undefined, heal } };
  const death = { comes: (): void => {} };
  const mortal = mortally(fate, () => death.comes());
  const verify = verifyAudience({
    connectors: { fake: async () => connector },
    definitions: async () => ({ ...definitions, connections: { tool: connection }, audiences: [definition] }),
    secrets: async () => ({}),
    secretName: (name) => name,
    state: { ...state, get: (...asked) => state.get(...asked), put: mortal(state.put) as StateStore['put'] },
    archive: { ...archive, putJson: mortal(archive.putJson) },
    memberships: {
      ...audience.memberships,
      settle: mortal(audience.memberships.settle),
      enter: mortal(audience.memberships.enter),
    },
    key: async () => identityKey,
    push: queue,
    clock,
    log: () => {},
  });
  return {
    ...audience,
    state,
    archive,
    queue,
    clock,
    list,
    elsewhere,
    tool,
    /** Says that a push has filled the list before. */
    pushed: () => state.put('push', 'to-tool', { leaseUntil: 0, list: 'tool/l1' }, 0),
    /** Somebody wanted whom the tool has taken, and who is on its list. */
    settled(name: string, given: { readonly outcome?: string; readonly code?: string; readonly in?: boolean } = {}) {
      audience.want(name, wantedAs(`${name}@example.com`));
      const row = audience.rows.get(name);
      const told = { in: true, keys: [email(name)], outcome: 'applied', run: 'push', at: NOW - MINUTE, ...given };
      if (row !== undefined) Object.assign(row, { told, toldVersion: 1, pending: told.outcome === 'retry' });
      if (told.in && told.outcome !== 'retry') list.set(`${name}@example.com`, 'reachable');
      elsewhere.set(`${name}@example.com`, 'reachable');
    },
    /** Ends when the check does, or its worker. */
    check: (command: Partial<VerifyCommand> = {}, signal = new AbortController().signal) =>
      Promise.race([
        verify({ verify: 'to-tool', scheduledAt: new Date(NOW).toISOString(), ...command }, signal),
        new Promise<void>((done) => {
          death.comes = done;
        }),
      ]),
    run: async () => (await latestVerify(state, 'to-tool')) as VerifyRun,
  };
}

/** Effects that a worker may die before or after: it stops there, and nothing it would have done afterwards happens. */
function mortally(fate: NonNullable<Given['fate']>, died: () => void) {
  return <Args extends readonly unknown[], Result>(effect: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      const what = fate();
      if (what !== 'dies-before') {
        const result = await effect(...args);
        if (what === 'lives') return result;
      }
      died();
      return new Promise(() => undefined);
    };
}

/** One person of each kind of difference, and enough who agree. */
export function fill(rig: ReturnType<typeof openRig>): void {
  for (let n = 0; n < 20; n += 1) rig.settled(`same${n}`);
  rig.settled('taken');
  rig.list.delete('taken@example.com');
  rig.settled('left');
  rig.list.set('left@example.com', 'unsubscribed');
  rig.settled('bounced');
  rig.list.delete('bounced@example.com');
  rig.elsewhere.set('bounced@example.com', 'cleaned');
  rig.settled('erased');
  rig.list.delete('erased@example.com');
  rig.elsewhere.delete('erased@example.com');
  rig.settled('lost', { outcome: 'retry' });
  rig.settled('nobody', { outcome: 'unmatched', in: false });
  rig.settled('gone', { in: false, outcome: 'applied' });
  rig.want('gone', unwanted);
  Object.assign(rig.rows.get('gone') ?? {}, { pending: false });
  rig.list.set('gone@example.com', 'reachable');
  rig.list.set('stranger@example.org', 'reachable');
}

export const everyDifference = {
  'added-by-hand': 2,
  'removed-by-hand': 1,
  unsubscribed: 1,
  cleaned: 1,
  forgotten: 1,
  'lost-in-failed-batch': 1,
};
