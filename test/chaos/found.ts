import { openActivityStore } from '../../lib/adapters/dynamodb/activity-store.ts';
import { openDynamo } from '../../lib/adapters/dynamodb/client.ts';
import { openMembershipStore } from '../../lib/adapters/dynamodb/membership-store.ts';
import { openProfileStore } from '../../lib/adapters/dynamodb/profile-store.ts';
import { openStateStore } from '../../lib/adapters/dynamodb/state-store.ts';
import type { Profile } from '../../lib/domain/profile.ts';
import type { AudienceRow, StoredProfile } from '../../lib/pipeline/ports.ts';
import { latestPush } from '../../lib/pipeline/push/push-run.ts';
import { isLiving } from '../../lib/pipeline/resolve/gather.ts';
import { isSettled, readStream } from '../../lib/pipeline/sync/sync-run.ts';
import { engineLogin } from '../engines.ts';
import { nameOf } from './calm.ts';
import type { Storm } from './storm.ts';

/** Looks into the tables of the stage, past the proxy: what it sees is what is stored. */
export function openLook({ stage, definitions, now }: Storm) {
  const dynamo = openDynamo(async () => {}, Math.random, { ...engineLogin, endpoint: stage.engines.dynamodb });
  const table = (variable: string) => String(stage.resolve(variable));
  const tables = { profiles: table('PROFILES_TABLE'), identifiers: table('IDENTIFIERS_TABLE') };
  const profiles = openProfileStore(dynamo, tables);
  const memberships = openMembershipStore(dynamo, table('MEMBERSHIPS_TABLE'), () => new Date(now()));
  const activities = openActivityStore(dynamo, table('ACTIVITIES_TABLE'), async () => 400 * 24 * 3_600_000);
  const state = openStateStore(dynamo, table('STATE_TABLE'));
  const streams = Object.values(definitions.connections).flatMap(({ name, streams: list }) =>
    Object.keys(list).map((stream) => ({ connection: name, stream })),
  );
  return {
    streams,
    /** Living people with any record, everybody else by id. */
    async people(): Promise<{ readonly living: readonly Profile[]; readonly all: ReadonlyMap<string, StoredProfile> }> {
      const all = new Map<string, StoredProfile>();
      for await (const { people } of profiles.scan(0, 1)) for (const one of people) all.set(one.id, one);
      const living = [...all.values()].filter(isLiving);
      return { living: living.filter(({ fragments }) => Object.keys(fragments).length > 0), all };
    },
    async activitiesOf(fragment: string): Promise<readonly string[]> {
      const found: string[] = [];
      for await (const page of activities.all(fragment)) found.push(...page.map(nameOf));
      return found.sort();
    },
    async members(segment: string): Promise<readonly string[]> {
      const found: string[] = [];
      for await (const page of memberships.segmentMembers(segment)) found.push(...page.map(({ profile }) => profile));
      return found;
    },
    async audience(audience: string): Promise<readonly AudienceRow[]> {
      const found: AudienceRow[] = [];
      for await (const page of memberships.audienceRows(audience)) found.push(...page);
      return found;
    },
    /** Whether every stream was read to its end by a run that began after an instant. */
    async isReadSince(at: number): Promise<boolean> {
      for (const { connection, stream } of streams) {
        const { run } = (await readStream(state, connection, stream)).state;
        if (run?.state !== 'finished' || Date.parse(run.startedAt) < at) return false;
      }
      return true;
    },
    async isRead(): Promise<boolean> {
      for (const { connection, stream } of streams) {
        const { run } = (await readStream(state, connection, stream)).state;
        if (run?.state === 'running' || (run?.state === 'finished' && !(await isSettled(state, run)))) return false;
      }
      return true;
    },
    async pushState(audience: string): Promise<string | undefined> {
      return (await latestPush(state, audience))?.state;
    },
    /** Records in quarantine, as JSON, with their codes. */
    async quarantined(connection: string): Promise<readonly { readonly code: string; readonly text: string }[]> {
      const found: { code: string; text: string }[] = [];
      for await (const page of state.all(`quarantine#${connection}`)) {
        found.push(...page.map(({ body }) => ({ code: String(body.code), text: JSON.stringify(body.record) })));
      }
      return found;
    },
    close: () => dynamo.client.destroy(),
  };
}

export type Look = ReturnType<typeof openLook>;
