import { DUE_SHARDS } from '../../lib/adapters/dynamodb/profile-items.ts';
import { MOST_BYTES } from '../../lib/adapters/dynamodb/profile-store.ts';
import { SHARDS } from '../../lib/adapters/dynamodb/shards.ts';
import { loadConnectors } from '../../lib/connectors/define.ts';
import { connectors as registry } from '../../lib/connectors/registry.ts';
import { designed } from '../../lib/domain/cost/measured.ts';
import { functions } from '../../lib/infra/functions.ts';
import { routes } from '../../lib/infra/routes.ts';
import { table } from '../../scripts/markdown-table.ts';
import { makeSegments } from '../segment-rules.ts';
import { limits } from './aws-limits.ts';
import { say, sayBytes, sayTime } from './say.ts';
import { membershipBytes, supposed, type World } from './world.ts';

const connectors = await loadConnectors(registry);

const [changes] = functions['resolve-profile'].sources;

export function loadTable(world: World): string {
  const { activitiesADay, busiest, messagesARequest, activitiesAWrite } = supposed;
  return table(
    ['what', 'arithmetic', 'result'],
    [
      ['activities a second, mean', `${say(activitiesADay)} ÷ 86,400`, say(world.mean)],
      ['in the busiest hour', `× ${busiest}`, say(world.peak)],
      ['requests to the collector then', `÷ ${messagesARequest} messages each`, say(world.requests)],
      [
        'writes of profiles then',
        `÷ ${activitiesAWrite} activities of one person a write`,
        say(world.peak / activitiesAWrite),
      ],
      [
        'write units of one such write',
        `${world.profileUnits} for ${sayBytes(world.profileBytes)}, ${say(world.indexUnits)} of the index, ${say(world.rowUnits)} of rows`,
        say(world.writeUnits),
      ],
      [
        'write units an activity',
        `${say(world.writeUnits)} ÷ ${activitiesAWrite} + 1 for its row`,
        say(world.activityUnits),
      ],
      [
        'write units a second, mean and busiest',
        '',
        `${say(world.activityUnits * world.mean)}; ${say(world.activityUnits * world.peak)}`,
      ],
      ['read units of identity look-ups a write', 'measured', say(world.lookUps)],
      [
        'read units a second then, look-ups and profiles',
        `${say(world.readUnits)} an activity`,
        say(world.readUnits * world.peak),
      ],
    ],
  );
}

export function limitTable(world: World): string {
  const { peak } = world;
  const writes = peak / supposed.activitiesAWrite;
  const atOnce = Math.ceil((peak * world.activityMs) / 1_000);
  const collecting = routes.find(({ most }) => most !== undefined)?.most?.perSecond ?? 0;
  const indexRate = writes * world.indexUnits;
  const half = supposed.people / 2;
  const rowsASecond = (shards: number): number => shards * limits.partitionWrites.value;
  return table(
    ['limit', 'what meets it', 'what to do'],
    [
      [
        `${say(limits.frontDoorRequests.value)} requests a second to the front door of an account`,
        `${say(world.requests)} in the busiest hour; our own limit is ${say(collecting)}`,
        'ask for more, and raise `most` in lib/infra/routes.ts',
      ],
      [
        `${say(limits.tableWrites.value)} write units a second of a table, by default`,
        `\`profiles\` ${say(world.profileUnitsASecond)}, \`activities\` ${say(peak)} in the busiest hour`,
        'ask for more; warm throughput before a launch',
      ],
      [
        `${say(limits.partitionWrites.value)} write units a second of a partition: one person`,
        `${say(limits.partitionWrites.value / world.profileUnits)} writes a second of ${sayBytes(world.profileBytes)}`,
        'nothing: a batch folds a person’s changes into one write',
      ],
      [
        `the same: an hour of \`due-by-hour\`, ${DUE_SHARDS} shards`,
        `${say(indexRate)} units a second if all of it fell into one hour; ${say(rowsASecond(DUE_SHARDS))} fit`,
        indexRate <= rowsASecond(DUE_SHARDS)
          ? 'nothing for this; for midnights see below'
          : `${2 ** Math.ceil(Math.log2(indexRate / limits.partitionWrites.value))} shards: a full index holds up the table’s own writes`,
      ],
      [
        `the same: rows of one segment or audience, ${SHARDS} shards`,
        `a definition that moves ${say(half)}: ${sayTime(half / rowsASecond(SHARDS))}`,
        `64 shards would take ${sayTime(half / rowsASecond(64))}, if that is worth a migration`,
      ],
      [
        `${say(limits.mostConcurrency.value)} batches at once of a queue, ${say(limits.concurrency.value)} of an account`,
        `${say(peak)} activities a second of ${say(world.activityMs)} ms: ${atOnce} at once; deployed are ${changes.maxConcurrency}`,
        `\`maxConcurrency\` of changes to ${2 * atOnce}`,
      ],
      [
        `${say(limits.messagesInFlight.value)} messages in flight of a queue`,
        `${2 * atOnce} batches of ${changes.batchSize}: ${say(2 * atOnce * changes.batchSize)}`,
        'nothing',
      ],
      [
        `${say(limits.partitionReads.value)} read units a second of a partition: one identifier that everybody shares`,
        `a batch of ${changes.batchSize} messages looks it up once: ${say(peak / world.inBatch)} a second`,
        'nothing: a shared identifier finds nobody (ADR 0023)',
      ],
    ],
  );
}

export function itemTable(world: World): string {
  const plain = world.profileBytes - membershipBytes(supposed.segmentsAPerson, supposed.audiencesAPerson);
  const rows = [
    [0, 0],
    [supposed.segmentsAPerson, supposed.audiencesAPerson],
    [100, 20],
    [300, supposed.audiences],
    [supposed.segments, supposed.audiences],
  ].map(([segments = 0, audiences = 0]) => {
    const bytes = plain + membershipBytes(segments, audiences);
    return [
      say(segments),
      say(audiences),
      sayBytes(bytes),
      say(Math.ceil(bytes / 1_024)),
      `${say((100 * bytes) / MOST_BYTES)} %`,
    ];
  });
  return table(
    ['segments of a person', 'audiences', 'item', 'write units', `of the budget of ${sayBytes(MOST_BYTES)}`],
    rows,
  );
}

export function evaluationTable(world: World): string {
  const rows = [10, 50, 200, supposed.segments].map((segments) => {
    const bytes = JSON.stringify(makeSegments(segments)).length;
    return [say(segments), `${say(world.evaluating(segments))} µs`, sayBytes(bytes)];
  });
  return table(['segments', 'deciding one person, one core', 'definitions as JSON'], rows);
}

/** How long vendors take: of an audience that is filled for the first time, and of a night’s changes. */
export function pushTable(): string {
  const members = (supposed.people * supposed.segmentsAPerson) / supposed.segments;
  const changed = members * supposed.changedANight;
  const rows = Object.values(connectors).flatMap(({ manifest, audiences }) => {
    if (audiences === undefined) return [];
    const { maxMembers } = audiences.batch;
    const { maxConcurrency, maxRequestsPerSecond, maxRequestsPerDay } = manifest.limits;
    const callsASecond = Math.min(1_000 / designed.waits.tool, maxRequestsPerSecond ?? Number.POSITIVE_INFINITY);
    const callsOf = (people: number): number => Math.ceil(people / maxMembers);
    return [
      [
        manifest.id,
        say(maxMembers),
        `${maxConcurrency} at once${maxRequestsPerSecond === undefined ? '' : `, ${maxRequestsPerSecond} a second`}${maxRequestsPerDay === undefined ? '' : `, ${say(maxRequestsPerDay)} a day`}`,
        `${say(callsOf(changed))}; ${sayTime(callsOf(changed) / callsASecond)}`,
        `${say(callsOf(members))}; ${sayTime(callsOf(members) / callsASecond)}`,
      ],
    ];
  });
  return table(
    [
      'tool',
      'members a call',
      'its limits',
      `${say(changed)} changed: calls, time`,
      `first ${say(members)}: calls, time`,
    ],
    rows,
  );
}
