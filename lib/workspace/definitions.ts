import { type Connectors, destinationFor } from '../connectors/define.ts';
import {
  type AudienceDefinition,
  type ConnectionDefinition,
  type Definitions,
  type Guardrails,
  type IdentityRules,
  type Schedule,
  versionOf,
} from '../domain/definitions.ts';
import type { TraitKinds } from '../domain/facet/catalogue.ts';
import type { JsonObject } from '../domain/json.ts';
import { objectiveOf } from '../domain/review/objective.ts';
import type { Condition, SegmentDefinition } from '../domain/segment.ts';
import { connectorOf, settingsOf } from './connections.ts';
import { checkValue } from './issues.ts';
import { targetOf } from './references.ts';
import { parseSchedule } from './schedule.ts';
import type { AudienceFile } from './schema/audience.ts';
import { computedFrom } from './schema/computed.ts';
import { guardrailsFrom } from './schema/guardrails.ts';
import { learnedFrom } from './schema/learned.ts';
import { measuresFrom } from './schema/measures.ts';
import type { TributaryFile } from './schema/tributary.ts';

/** A workspace in which no error was found, file by file. */
export interface Accepted {
  readonly tributary: TributaryFile;
  readonly segments: readonly SegmentDefinition[];
  readonly personas: readonly JsonObject[];
  readonly audiences: readonly AudienceFile[];
}

type Limits = IdentityRules['limits'];

/** How many identifiers of a type a person may have; `*` is every type that is not named. */
const LIMITS: Limits = {
  '*': { most: 5, per: 'ever' },
  user_id: { most: 1, per: 'ever' },
  // One for every suggested duplicate that somebody accepted.
  same_person: { most: 100, per: 'ever' },
  // Browsers forget their cookies weekly.
  anonymous_id: { most: 5, per: 'week' },
  ga_client_id: { most: 5, per: 'week' },
};

/** Fills in the defaults and gives the document its version. */
export function buildDefinitions(accepted: Accepted, connectors: Connectors): Definitions {
  const { tributary, segments, personas, audiences } = accepted;
  const { workspace, timezone, guardrails, privacy, collection } = tributary;
  const traits = traitKinds(tributary, connectors);
  const document = {
    workspace,
    timezone,
    connections: Object.fromEntries(
      Object.entries(tributary.connections).map(([name, written]) => [
        name,
        connection(name, written, timezone, connectors),
      ]),
    ),
    segments: [...segments, ...audiences.flatMap(expressionOf)],
    personas,
    audiences: audiences.map((written) => audience(written, accepted, connectors)),
    identity: identity(tributary.identity),
    ...(Object.keys(traits).length === 0 ? {} : { traits }),
    ...(tributary.listening === undefined ? {} : { listening: tributary.listening }),
    ...(tributary.computed === undefined ? {} : { computed: computedFrom(tributary.computed, timezone) }),
    ...(tributary.measures === undefined ? {} : { measures: measuresFrom(tributary.measures) }),
    ...(tributary.learned === undefined ? {} : { learned: learnedFrom(tributary.learned, timezone) }),
    ...(tributary.console === undefined ? {} : { console: { signIn: tributary.console.sign_in } }),
    guardrails: guardrailsFrom(guardrails) as Guardrails,
    privacy: { activitiesKeptMs: privacy.activities_kept, archiveKeptMs: privacy.archive_kept },
    collection: { writeKeys: collection.write_keys, ...(collection.strict ? { strict: true } : {}) },
  };
  return { version: versionOf(document), ...document };
}

/** What connectors in use say of their traits; the workspace's own word comes first. */
function traitKinds(tributary: TributaryFile, connectors: Connectors): TraitKinds {
  const used = Object.values(tributary.connections).map((written) => connectorOf(written as JsonObject, connectors));
  return Object.assign({}, ...used.map((connector) => connector?.traits ?? {}), tributary.traits) as TraitKinds;
}

function connection(
  name: string,
  written: TributaryFile['connections'][string],
  timezone: string,
  connectors: Connectors,
): ConnectionDefinition {
  const erasure = written.erasure ?? connectorOf(written as JsonObject, connectors)?.erasure?.byDefault;
  const { connector, endpoint, streams, webhook, quota } = written;
  const { event_bus: eventBus, requests_per_day: requestsPerDay } = written;
  const schedules = Object.entries(streams).map(([stream, words]) => [stream, readable(words, timezone)]);
  return {
    name,
    connector,
    ...(endpoint === undefined ? {} : { endpoint }),
    streams: Object.fromEntries(schedules),
    webhook,
    ...(eventBus === undefined ? {} : { eventBus }),
    quotaShare: quota,
    ...(requestsPerDay === undefined ? {} : { requestsPerDay }),
    ...(erasure === undefined ? {} : { erasure }),
    config: settingsOf(written as JsonObject),
  };
}

function audience(
  written: AudienceFile,
  { tributary, segments }: Accepted,
  connectors: Connectors,
): AudienceDefinition {
  const { to, needs, when, verify, experiment, group, guardrails, fields } = written;
  const target = targetOf(to as JsonObject);
  const connector = connectorOf(tributary.connections[to.connection] as JsonObject | undefined, connectors);
  const destination = destinationFor(connector, target);
  const checked = destination === undefined ? undefined : checkValue(destination.target, target);
  return {
    audience: written.audience,
    segment: segmentOf(written),
    connection: to.connection,
    target: checked?.ok === true ? checked.data : target,
    match: written.match,
    mode: written.mode,
    needs: {
      ...(needs.subscribed === undefined ? {} : { subscribed: needs.subscribed }),
      ...(needs.consent === undefined ? {} : { consent: needs.consent }),
    },
    holdout: written.holdout ?? objectiveHoldout(segments, written.segment) ?? 0,
    ...(experiment === undefined ? {} : { experiment }),
    ...(group === undefined ? {} : { group }),
    ...(guardrails === undefined ? {} : { guardrails: guardrailsFrom(guardrails) }),
    ...(fields === undefined ? {} : { fields }),
    when: when === undefined || when === 'realtime' ? when : readable(when, tributary.timezone),
    verify: {
      when: verify.when === undefined ? undefined : readable(verify.when, tributary.timezone),
      heal: verify.heal,
    },
  };
}

/** What the objective of an audience's segment holds out. */
function objectiveHoldout(segments: readonly SegmentDefinition[], named: AudienceFile['segment']): number | undefined {
  const segment = segments.find((one) => one.segment === named);
  return segment === undefined ? undefined : objectiveOf(segment)?.holdout;
}

/** The segment of an audience: the one it names, or its condition as a segment that no file can be called. */
function segmentOf({ audience: name, segment }: AudienceFile): string {
  return typeof segment === 'string' ? segment : `audience:${name}`;
}

function expressionOf(written: AudienceFile): SegmentDefinition[] {
  if (typeof written.segment === 'string') return [];
  return [
    { segment: segmentOf(written), title: `Of audience ${written.audience}`, when: written.segment as Condition },
  ];
}

function identity(written: TributaryFile['identity']): IdentityRules {
  const limits = Object.entries(written.limits).map(([type, limit]) => [
    type,
    typeof limit === 'number' ? { most: limit, per: 'ever' } : limit,
  ]);
  return {
    priorities: written.priorities,
    blocked: written.blocked,
    limits: { ...LIMITS, ...Object.fromEntries(limits) },
    sharedAt: written.shared_at,
    countries: written.countries,
    ...duplicates(written.duplicates),
  };
}

function duplicates(written: TributaryFile['identity']['duplicates']): Pick<IdentityRules, 'duplicates'> {
  if (written === 'off') return {};
  const { threshold, numbers } = written;
  return { duplicates: { threshold, ...(numbers === undefined ? {} : { numbers }) } };
}

function readable(words: string, timezone: string): Schedule {
  const schedule = parseSchedule(words, timezone);
  if (schedule === undefined) throw new TypeError('a schedule that the file check accepted cannot be read');
  return schedule;
}
