import { afterEach, describe, expect, it } from 'vitest';
import { connectors } from '../../../lib/connectors/registry.ts';
import type { ActivityChange, Change, Identifier } from '../../../lib/domain/change.ts';
import type { AudienceDefinition, Definitions } from '../../../lib/domain/definitions.ts';
import type { Json } from '../../../lib/domain/json.ts';
import type { ChangesMessage } from '../../../lib/pipeline/changes-message.ts';
import { anyWorker, runJob } from '../../../lib/pipeline/jobs/run-job.ts';
import { activateAudience } from '../../../lib/pipeline/push/activate-audience.ts';
import { replay, startReplay } from '../../../lib/pipeline/replay/replay.ts';
import { markFolded, readStream } from '../../../lib/pipeline/sync/sync-run.ts';
import { syncStream } from '../../../lib/pipeline/sync/sync-stream.ts';
import { LIST } from '../../vendors/mailchimp/open.ts';
import { startMailchimp } from '../../vendors/mailchimp/simulator.ts';
import { startSalesforce } from '../../vendors/salesforce/server.ts';
import { identityKey } from '../delivering.ts';
import { openMemoryAudience, unwanted } from '../memory-audience.ts';
import { openMemoryLedger } from '../memory-ledger.ts';
import { openHandClock, openMemoryArchive, openMemoryQueue, openMemoryState } from '../memory-state.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { definitions, NOW } from '../world.ts';

const MINUTE = 60_000;
const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
});

/** The real verbs on a real connector and a simulated tool: what is pushed, and what the next pull makes of it. */
function openLoop(
  given: { connector: string; endpoint: string; secret: Json; config: Definitions['connections'][string]['config'] },
  stream: string,
  target: Json,
  clock: ReturnType<typeof openHandClock>,
) {
  const audience = openMemoryAudience();
  const state = openMemoryState();
  const changes = openMemoryQueue();
  const jobs = openMemoryQueue();
  const [template] = definitions.audiences;
  if (template === undefined) throw new Error('the world has an audience');
  const pushed: AudienceDefinition = { ...template, connection: 'tool', target };
  const tool = {
    name: 'tool',
    connector: given.connector,
    endpoint: given.endpoint,
    streams: { [stream]: { expression: 'rate(1 hour)', words: 'hourly' } },
    webhook: false,
    quotaShare: 1,
    config: given.config,
  };
  const workspace = { ...definitions, connections: { tool }, audiences: [pushed] };
  const deps = {
    ...openMemoryStores(),
    connectors,
    definitions: async () => workspace,
    secrets: async () => given.secret,
    secretName: (name: string) => name,
    state,
    clock,
    memberships: audience.memberships,
    identities: {
      lookUp: async () => ({
        owners: new Map(),
        erased: new Map(),
        suppressed: new Set<string>(),
        vacant: new Set<string>(),
        hinted: new Map<string, number>(),
      }),
      claim: async () => new Set<string>(),
      mark: async () => {},
      note: async () => {},
    },
    profiles: openMemoryStores().profiles,
    key: async () => identityKey,
    ledger: openMemoryLedger(),
    archive: openMemoryArchive(),
    changes,
    sync: openMemoryQueue(),
    jobs,
    push: openMemoryQueue(),
    notify: async () => {},
    log: () => {},
  };
  const at = () => clock.now().toISOString();
  const signal = new AbortController().signal;
  /** What was sent, folded at once. */
  const sent = async (): Promise<Change[]> => {
    const messages = changes.take().map(({ body }) => body as unknown as ChangesMessage);
    for (const { run } of messages) if (run !== undefined) await markFolded(state, run.id, [run.number], NOW);
    return messages.flatMap((message) => [...(message.changes ?? [])]);
  };
  return {
    ...audience,
    ledger: deps.ledger,
    /** Pulls the stream and returns what it brought, with the run. */
    async pull() {
      clock.pass(30 * MINUTE);
      await syncStream(deps)({ connection: 'tool', stream, scheduledAt: at() }, signal);
      const brought = await sent();
      const { run } = (await readStream(state, 'tool', stream)).state;
      return { changes: brought, echoes: run?.echoes };
    },
    async push() {
      clock.pass(30 * MINUTE);
      await activateAudience(deps)({ audience: 'to-tool', scheduledAt: at() }, signal);
    },
    /** Reads the archive of the hours since `from` again, and returns what it brought. */
    async replay(from = NOW): Promise<Change[]> {
      await startReplay(deps, workspace, { from, to: clock.now().getTime() + 1 });
      const run = runJob(deps, { replay: anyWorker(replay(deps)) });
      const brought: Change[] = [];
      for (let asked = jobs.take(); asked.length > 0; asked = jobs.take()) {
        for (const { body, delaySeconds = 0 } of asked) {
          clock.pass(delaySeconds * 1_000);
          await run(body, signal);
        }
        brought.push(...(await sent()));
      }
      return brought;
    },
  };
}

describe('a push that comes back', () => {
  it('is no activity of the campaign’s members, and what people do by hand is', async () => {
    const clock = openHandClock(NOW);
    const vendor = await startSalesforce({ now: clock.now, bulkPolls: 1 });
    ending.push(() => vendor.close());
    const ids = [0, 1, 2].map((n) => vendor.store.insert('Contact', { LastName: `P${n}`, Email: `p${n}@example.com` }));
    const loop = openLoop(
      { connector: 'salesforce', endpoint: vendor.url, secret: vendor.secret as unknown as Json, config: {} },
      'activities',
      { campaign: 'Spring' },
      clock,
    );
    await loop.pull();
    const key = (n: number): readonly Identifier[] => [{ type: 'salesforce.contact_id', value: ids[n] ?? '' }];
    loop.want('p0', { in: true, keys: key(0) });
    loop.want('p1', { in: true, keys: [{ type: 'email', value: 'p1@example.com' }] });
    await loop.push();
    const campaign = vendor.store.all('Campaign')[0]?.Id ?? '';
    const ours = vendor.store.all('CampaignMember').map(({ Id }) => Id);
    vendor.store.insert('CampaignMember', { CampaignId: campaign, ContactId: ids[2] ?? '' });

    const first = await loop.pull();
    const names = (changes: readonly Change[]) =>
      changes.map((one) => [(one as ActivityChange).name, one.kind === 'account' ? '' : one.fragment]);
    expect(ours).toHaveLength(2);
    expect(names(first.changes)).toEqual([['Campaign Joined', `tool:contact:${ids[2]}`]]);
    expect(first.echoes).toBe(2);

    // Taken out by us and put back by somebody on the same day: that one is another record.
    loop.want('p0', unwanted);
    await loop.push();
    const back = vendor.store.insert('CampaignMember', { CampaignId: campaign, ContactId: ids[0] ?? '' });
    // Somebody answers weeks later: the record is read again, and only the answer is news.
    clock.pass(20 * 24 * 60 * MINUTE);
    const other = vendor.store.all('CampaignMember').find(({ Id }) => ours.includes(Id))?.Id ?? '';
    vendor.store.update(other, { Status: 'Responded' });

    const second = await loop.pull();
    expect(names(second.changes)).toEqual([
      ['Campaign Joined', `tool:contact:${ids[0]}`],
      ['Campaign Responded', `tool:contact:${ids[1]}`],
    ]);
    expect(second.changes.map((one) => (one as ActivityChange).id)).toEqual([back, `${other}:responded`]);

    const everything = [...first.changes, ...second.changes].map((one) => (one as ActivityChange).id).sort();
    const read = async (from?: number) => (await loop.replay(from)).map((one) => (one as ActivityChange).id).sort();
    // Of all hours, and of the last one alone.
    expect(await read()).toEqual(everything);
    expect(await read(clock.now().getTime() - 60 * MINUTE)).toEqual([back, `${other}:responded`].sort());
  });

  it('is no tag of the newsletter’s members, and the tags of people are', async () => {
    const clock = openHandClock(NOW);
    const vendor = await startMailchimp({ now: clock.now });
    ending.push(() => vendor.close());
    vendor.addList({ id: LIST });
    vendor.putMember(LIST, { email: 'ann@example.com', tags: ['vip'] });
    vendor.putMember(LIST, { email: 'bob@example.com' });
    const secret = { api_key: vendor.apiKey, webhook_secret: 'w'.repeat(20) };
    const loop = openLoop(
      { connector: 'mailchimp', endpoint: vendor.url, secret, config: { list: LIST } },
      'members',
      { tag: 'Lapsing' },
      clock,
    );
    const tags = (changes: readonly Change[]) =>
      Object.fromEntries(
        changes.map((one) => (one.kind === 'profile' ? [one.traits?.email, one.traits?.['mailchimp.tags']] : [])),
      );
    await loop.pull();
    loop.want('ann', { in: true, keys: [{ type: 'email', value: 'ann@example.com' }] });
    await loop.push();
    vendor.tag(LIST, 'bob@example.com', 'Lapsing');

    const brought = await loop.pull();

    expect(vendor.tagged(LIST, 'Lapsing')).toEqual(['ann@example.com', 'bob@example.com']);
    expect(tags(brought.changes)).toEqual({ 'ann@example.com': ['vip'], 'bob@example.com': ['Lapsing'] });
    expect(brought.echoes).toBe(1);

    // Long after, and more than once: what is ours in the pages stays ours, and the ledger as it was.
    const noted = structuredClone([...loop.ledger.entries]);
    clock.pass(80 * 24 * 60 * MINUTE);
    for (const _ of ['once', 'again']) {
      expect(tags(await loop.replay())).toEqual(tags(brought.changes));
    }
    expect([...loop.ledger.entries]).toEqual(noted);
  });
});
