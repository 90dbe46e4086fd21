import type { ConnectorIo, MembershipBatch, Outcome, Truth } from '../../../lib/connectors/contract.ts';
import type { AnyConnector } from '../../../lib/connectors/define.ts';
import type { AudienceDefinition, ConnectionDefinition, Guardrails } from '../../../lib/domain/definitions.ts';
import { indexKey } from '../../../lib/domain/identifier.ts';
import type { Profile } from '../../../lib/domain/profile.ts';
import type { IdentityIndex } from '../../../lib/pipeline/ports.ts';
import { activateAudience } from '../../../lib/pipeline/push/activate-audience.ts';
import { approvePush } from '../../../lib/pipeline/push/approve.ts';
import { type OutcomeLine, readOutcomes } from '../../../lib/pipeline/push/outcomes.ts';
import { latestPush, type PushRun, readPush } from '../../../lib/pipeline/push/push-run.ts';
import type { ActivateDeps, PushCommand } from '../../../lib/pipeline/push/push-work.ts';
import { identityKey } from '../delivering.ts';
import { openMemoryAudience } from '../memory-audience.ts';
import { openMemoryLedger } from '../memory-ledger.ts';
import { openHandClock, openMemoryArchive, openMemoryQueue, openMemoryState } from '../memory-state.ts';
import { definitions, NOW } from '../world.ts';

const neverAborted = new AbortController().signal;
const anything = { safeParse: (data: unknown) => ({ success: true as const, data }) };
export const applied: Outcome = { status: 'applied' };

/** An audience and a tool that holds a set of addresses; `before` may fail or change the world before a batch is applied. */
export function openRig(
  given: {
    readonly maxMembers?: number;
    readonly audience?: Partial<AudienceDefinition>;
    readonly others?: readonly Partial<AudienceDefinition>[];
    /** The workspace has a source that was never read. */
    readonly sources?: boolean;
    readonly guardrails?: Partial<Guardrails>;
    readonly connection?: Partial<ConnectionDefinition>;
    readonly state?: ReturnType<typeof openMemoryState>;
    /** Who people are and which record hints at them, in the place of one record a person. */
    readonly profiles?: ActivateDeps['profiles'];
    readonly identities?: Partial<IdentityIndex>;
    /** The tool can look for a list without making one. */
    readonly finds?: boolean;
  } = {},
) {
  const audience = openMemoryAudience();
  const state = given.state ?? openMemoryState();
  const queue = openMemoryQueue();
  const archive = openMemoryArchive();
  const told: { subject: string; text: string }[] = [];
  const clock = openHandClock(NOW);
  const list = new Set<string>();
  const batches: MembershipBatch[] = [];
  const owners = new Map<string, string>();
  const suppressed = new Set<string>();
  const hinted = new Map<string, number>();
  const recordOf = (profile: string) => `mail:member:${profile}`;
  const recordKey = (profile: string) => indexKey({ type: 'fragment', value: recordOf(profile) }, identityKey);
  const rig = {
    remoteId: 'list',
    /** What a look for the list finds; undefined = no list. */
    found: { remoteId: 'list', holds: false } as { remoteId: string; holds: boolean } | undefined,
    before: async (_batch: MembershipBatch): Promise<void> => {},
    outcome: (_id: string): Outcome | undefined => applied,
  };
  const destination = {
    batch: { maxMembers: given.maxMembers ?? 500 },
    canRemove: true,
    matchKeys: [],
    target: anything,
    ...(given.finds === true ? { truth: openTruth(() => rig.found) } : {}),
    ensure: async () => ({ remoteId: rig.remoteId }),
    apply: async (api: ConnectorIo, batch: MembershipBatch) => {
      await api.calls.ask();
      batches.push(batch);
      await rig.before(batch);
      const outcomes = new Map<string, Outcome>();
      for (const { memberId, keys } of batch.members) {
        const outcome = rig.outcome(memberId);
        if (outcome === undefined) continue;
        outcomes.set(memberId, outcome);
        if (outcome.status !== 'applied') continue;
        for (const { value } of keys) {
          if (batch.op === 'add') list.add(value);
          else list.delete(value);
        }
      }
      return { state: 'done' as const, outcomes, calls: 1 };
    },
  };
  const connector = {
    manifest: { limits: { maxConcurrency: 2 } },
    config: anything,
    secret: anything,
    connect: async (_input: unknown, io: ConnectorIo) => io,
    audiences: destination,
    streams: [],
  };
  const tool: ConnectionDefinition = {
    name: 'tool',
    connector: 'fake',
    streams: {},
    webhook: false,
    quotaShare: 1,
    config: {},
    ...given.connection,
  };
  const [template] = definitions.audiences;
  if (template === undefined) throw new Error('the world has an audience');
  const definition: AudienceDefinition = { ...template, ...given.audience };
  const others = (given.others ?? []).map((other): AudienceDefinition => ({ ...template, ...other }));
  const crm: ConnectionDefinition = {
    ...tool,
    name: 'crm',
    streams: { contacts: { expression: 'rate(1 day)', words: 'daily' } },
  };
  const deps: ActivateDeps = {
    connectors: { fake: async () => connector as unknown as AnyConnector },
    definitions: async () => ({
      ...definitions,
      audiences: [definition, ...others],
      guardrails: { maxAdd: 1, maxRemove: 1, minSource: 0, emptySegment: 'allow', ...given.guardrails },
      connections: given.sources === true ? { tool, crm } : { tool },
    }),
    secrets: async () => ({}),
    secretName: (name) => name,
    state,
    archive,
    notify: async (message) => {
      told.push(message);
    },
    memberships: audience.memberships,
    identities: {
      lookUp: async (keys) => {
        if (new Set(keys).size < keys.length) throw new Error('a key is looked up twice in one request');
        const found = keys.flatMap((key) => (owners.has(key) ? [[key, owners.get(key) ?? ''] as const] : []));
        return { owners: new Map(found), erased: new Map(), suppressed, vacant: new Set(), hinted };
      },
      claim: async () => new Set(),
      mark: async () => {},
      note: async () => {},
      ...given.identities,
    },
    profiles: given.profiles ?? {
      read: async (ids) =>
        new Map(ids.map((id) => [id, { id, fragments: { [recordOf(id)]: {} } } as unknown as Profile])),
    },
    key: async () => identityKey,
    ledger: openMemoryLedger(),
    push: queue,
    clock,
    log: () => {},
  };
  const activate = activateAudience(deps);
  const run = async () => (await latestPush(state, 'to-tool')) as PushRun;
  return {
    ...audience,
    rig,
    state,
    queue,
    clock,
    list,
    batches,
    definition,
    own: (address: string, profile: string) =>
      owners.set(indexKey({ type: 'email', value: address }, identityKey), profile),
    /** Puts an address on the list of people never to be contacted, as the index tells it. */
    suppress: (address: string) => suppressed.add(indexKey({ type: 'email', value: address }, identityKey)),
    /** A hint that somebody may have withdrawn consent; and that their record was read again. */
    hint: (profile: string) => hinted.set(recordKey(profile), clock.now().getTime()),
    reread: (profile: string) => hinted.delete(recordKey(profile)),
    push: (command: Partial<PushCommand> = {}, signal = new AbortController().signal) =>
      activate({ audience: 'to-tool', scheduledAt: clock.now().toISOString(), ...command }, signal),
    run,
    destination,
    deps,
    archive,
    /** What whoever is on call was told. */
    notified: told,
    remembers: async () => (await readPush(state, 'to-tool')).state,
    approve: async (hash?: string, id?: string) => {
      const latest = await run();
      return approvePush(deps, id ?? latest.id, { hash: hash ?? latest.plan?.hash ?? '', by: 'ops' });
    },
    /** Delivers a message as the queue has it. */
    deliver: (body: unknown) => activate(body as PushCommand, neverAborted),
    /** A worker that dies while the tool has not answered: it goes no further, and its lease stays. */
    dieAtTool: async (command: Partial<PushCommand>) => {
      const dead = new Promise<void>((called) => {
        rig.before = () => {
          called();
          return new Promise(() => {});
        };
      });
      void activate({ audience: 'to-tool', scheduledAt: clock.now().toISOString(), ...command }, neverAborted);
      await dead;
      rig.before = async () => {};
    },
    /** Delivers what waits in the queue until nothing does, the clock going on by each delay. */
    drain: async (most = 100) => {
      for (let round = 0; round < most; round += 1) {
        const messages = queue.take();
        if (messages.length === 0) return;
        for (const { body, delaySeconds = 0 } of messages) {
          clock.pass(delaySeconds * 1_000);
          await activate(body as unknown as PushCommand, neverAborted);
        }
      }
      throw new Error('the queue never became empty');
    },
    outcomes: async (): Promise<OutcomeLine[]> => {
      const { id, audience: of, outcomeParts } = await run();
      const lines: OutcomeLine[] = [];
      for (let part = 0; part < outcomeParts; part += 1)
        lines.push(...((await readOutcomes(archive, { id, audience: of }, part)) ?? []));
      return lines;
    },
  };
}

/** A list that can be looked for, and that holds somebody or nobody. */
function openTruth(found: () => { remoteId: string; holds: boolean } | undefined): Truth<unknown> {
  return {
    find: async () => found(),
    async *members() {
      yield { members: found()?.holds === true ? [{ keys: [], standing: 'reachable' }] : [] };
    },
  };
}
