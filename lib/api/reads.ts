import { destinationFor, loadConnectorsOf } from '../connectors/define.ts';
import type { AudienceDefinition } from '../domain/definitions.ts';
import { guardrailsOf } from '../domain/guardrails.ts';
import { erasureRuleOf } from '../pipeline/erase/erased-keys.ts';
import { dryRun } from '../pipeline/push/dry-run.ts';
import { latestPush } from '../pipeline/push/push-run.ts';
import { summariseAudience } from '../pipeline/push/summaries.ts';
import { isSettled, readStream } from '../pipeline/sync/sync-run.ts';
import type { ApiDeps } from './deps.ts';

export async function readWorkspace(deps: ApiDeps) {
  const { workspace, version, timezone, connections } = await deps.definitions();
  const list = Object.values(connections).map(async ({ name, connector, webhook, streams, ...rest }) => ({
    name,
    connector,
    webhook,
    erasure: erasureRuleOf(rest),
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

/** Every audience with its latest run; `counts` = `no` leaves its people uncounted, as a page does that shows runs alone. */
export async function listAudiences(deps: ApiDeps, counts: string | undefined) {
  const { audiences } = await deps.definitions();
  return Promise.all(audiences.map((audience) => lineOf(deps, audience, counts !== 'no')));
}

async function lineOf(deps: ApiDeps, audience: AudienceDefinition, counts = true) {
  const { summary, run } = counts
    ? await summariseAudience(deps, audience)
    : { summary: null, run: await latestPush(deps.state, audience.audience) };
  const { when } = audience;
  return {
    audience: audience.audience,
    segment: audience.segment,
    connection: audience.connection,
    target: audience.target as unknown,
    schedule: when === undefined ? null : when === 'realtime' ? when : when.words,
    run: run === undefined ? null : { ...run },
    summary: summary === null ? null : { ...summary },
  };
}

/** One audience with everything that its file and the workspace say of it. */
export async function readAudience(deps: ApiDeps, audience: AudienceDefinition) {
  const { segments, connections, guardrails } = await deps.definitions();
  const segment = segments.find((one) => one.segment === audience.segment);
  const { match, mode, needs, holdout, experiment, group, verify } = audience;
  return {
    ...(await lineOf(deps, audience)),
    connector: connections[audience.connection]?.connector ?? null,
    segmentTitle: segment?.title ?? audience.segment,
    when: segment?.when ?? {},
    match,
    mode,
    needs,
    holdout,
    ...(experiment === undefined ? {} : { experiment }),
    ...(group === undefined ? {} : { group }),
    guardrails: guardrailsOf(guardrails, audience),
    ...(verify === undefined ? {} : { verify: { schedule: verify.when?.words ?? null, heal: verify.heal } }),
  };
}

export async function planPush(deps: ApiDeps, ids: readonly string[]) {
  const definitions = await deps.definitions();
  const connectors = await loadConnectorsOf(deps.connectors, definitions);
  const plans = definitions.audiences
    .filter(({ audience }) => ids.includes(audience))
    .map((audience) => {
      const connector = connectors[definitions.connections[audience.connection]?.connector ?? ''];
      const destination = destinationFor(connector, audience.target) ?? { batch: { maxMembers: 1 } };
      return dryRun(deps, definitions, audience, destination);
    });
  return { audiences: await Promise.all(plans) };
}
