import { dryRun } from '../pipeline/dry-run.ts';
import { summariseAudience } from '../pipeline/summaries.ts';
import { isSettled, readStream } from '../pipeline/sync-run.ts';
import type { ApiDeps } from './deps.ts';

export async function readWorkspace(deps: ApiDeps) {
  const { workspace, version, timezone, connections } = await deps.definitions();
  const list = Object.values(connections).map(async ({ name, connector, webhook, streams }) => ({
    name,
    connector,
    webhook,
    streams: await Promise.all(
      Object.entries(streams).map(async ([stream, schedule]) => {
        const { run } = (await readStream(deps.state, name, stream)).state;
        const settled = run !== undefined && (await isSettled(deps.state, run));
        return { stream, schedule: schedule.words, run: run === undefined ? null : { ...run }, settled };
      }),
    ),
  }));
  return { workspace, version, timezone, connections: await Promise.all(list) };
}

export async function listSegments(deps: ApiDeps) {
  const { segments } = await deps.definitions();
  return Promise.all(
    segments.map(async ({ segment, title }) => ({
      segment,
      title: title ?? segment,
      members: await deps.memberships.countSegment(segment),
    })),
  );
}

export async function listAudiences(deps: ApiDeps) {
  const { audiences } = await deps.definitions();
  return Promise.all(
    audiences.map(async (audience) => {
      const { summary, run } = await summariseAudience(deps, audience);
      const { when } = audience;
      return {
        audience: audience.audience,
        segment: audience.segment,
        connection: audience.connection,
        target: audience.target as unknown,
        schedule: when === undefined ? null : when === 'realtime' ? when : when.words,
        run: run === undefined ? null : { ...run },
        summary: { ...summary },
      };
    }),
  );
}

export async function planPush(deps: ApiDeps, ids: readonly string[]) {
  const definitions = await deps.definitions();
  const plans = definitions.audiences
    .filter(({ audience }) => ids.includes(audience))
    .map((audience) => {
      const connector = deps.connectors[definitions.connections[audience.connection]?.connector ?? ''];
      return dryRun(deps, definitions, audience, connector?.audiences ?? { batch: { maxMembers: 1 } });
    });
  return { audiences: await Promise.all(plans) };
}
