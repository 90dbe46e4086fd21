import { PEOPLE_IN_PAGE } from '../../lib/adapters/dynamodb/profile-store.ts';
import { designed, measured } from '../../lib/domain/cost/measured.ts';
import { type Priced, prices } from '../../lib/domain/cost/prices.ts';
import { functions } from '../../lib/infra/functions.ts';
import { PAGES_IN_MESSAGE } from '../../lib/pipeline/define/scan.ts';
import { SCAN_PARTS } from '../../lib/pipeline/define/switch-definitions.ts';
import { PEOPLE_IN_MESSAGE } from '../../lib/pipeline/resolve/fold-accounts.ts';
import { table } from '../../scripts/markdown-table.ts';
import type { Facts } from './facts.ts';
import { say, sayBytes, sayDollars, sayTime } from './say.ts';
import { supposed, type World } from './world.ts';

const GIGABYTE = 2 ** 30;
const { memoryMb } = functions['resolve-profile'];

/** Work that goes through everybody, or through everybody of somebody: how long, what of the tables, how much. */
export function workTable(world: World, facts: Facts): string {
  const { people, movedByADefinition, accountPeople } = supposed;
  const workers = functions['resolve-profile'].sources[1].maxConcurrency;
  const scanReads = (world.tableBytes / 4_096) * 0.5;
  // Who moves is written once more, to empty the outbox; leaves and enters the due index twice; and has a row of the
  // segment, two of its audience (index included) and two of history.
  const moveUnits = world.profileUnits + 4 + 1 + 2 + 2;
  const switching = people * world.profileUnits + people * movedByADefinition * moveUnits;
  const compareMs = facts.value('import-and-push', 'CPU of the functions, a contact', {
    phase: 'compare',
    contacts: 10_000,
  });
  const scan = (ms: number, parts: number): string => sayTime((people * ms) / 1_000 / parts);
  const cost = (reads: number, writes: number, ms: number): string =>
    sayDollars(reads * prices.of['read units'] + writes * prices.of['write units'] + lambda(ms));
  const account = accountPeople * world.writeUnits;
  return table(
    ['work', 'how it is done', 'time as deployed', 'with 64 parts and workers', 'read units; write units', 'dollars'],
    [
      [
        `a new segment for everybody, ${say(100 * movedByADefinition)} % move`,
        `${SCAN_PARTS} parts, ${say(PEOPLE_IN_PAGE * PAGES_IN_MESSAGE)} people a message: ${say(people / (PEOPLE_IN_PAGE * PAGES_IN_MESSAGE))} messages`,
        scan(world.personMs, SCAN_PARTS),
        scan(world.personMs, 64),
        `${say(scanReads)}; ${say(switching)}`,
        cost(scanReads, switching, people * world.personMs),
      ],
      [
        'the nightly recount, reviews and facts of all segments',
        `${SCAN_PARTS} parts, nothing written`,
        scan(world.lookedAtMs, SCAN_PARTS),
        scan(world.lookedAtMs, 64),
        `${say(scanReads)}; 0`,
        cost(scanReads, 0, people * world.lookedAtMs),
      ],
      [
        'learning: everybody is looked at, 10,000 are kept and trained on',
        `${SCAN_PARTS} parts`,
        scan(world.lookedAtMs, SCAN_PARTS),
        scan(world.lookedAtMs, 64),
        `${say(scanReads)}; 0`,
        cost(scanReads, 0, people * world.lookedAtMs),
      ],
      [
        'weights of duplicates, once a week',
        '20,000 people, whatever there are',
        sayTime((20_000 * compareMs) / 1_000),
        'the same',
        `${say((20_000 * world.profileBytes) / 4_096 / 2)}; 0`,
        cost((20_000 * world.profileBytes) / 4_096 / 2, 0, 20_000 * compareMs),
      ],
      [
        `an account with ${say(accountPeople)} people changes`,
        `${say(accountPeople / PEOPLE_IN_MESSAGE)} messages of ${PEOPLE_IN_MESSAGE}, ${workers} workers`,
        sayTime((accountPeople * world.personMs) / 1_000 / workers),
        sayTime((accountPeople * world.personMs) / 1_000 / 64),
        `${say(accountPeople * Math.ceil(world.profileBytes / 4_096))}; ${say(account)}`,
        cost(accountPeople * Math.ceil(world.profileBytes / 4_096), account, accountPeople * world.personMs),
      ],
    ],
  );
}

interface Line {
  readonly what: string;
  readonly arithmetic: string;
  readonly dollars: number;
}

/** A month at list prices on demand, and what redesigns would leave of it. */
export function costTable(world: World): string {
  const { activitiesADay, daysAMonth, messagesARequest, activitiesAWrite, people } = supposed;
  const activities = activitiesADay * daysAMonth;
  const requests = activities / messagesARequest;
  const calls = requests / designed.batch;
  const writes = activities / activitiesAWrite;
  const rowBytes = activitiesADay * supposed.daysKept * supposed.bytesOfAnActivity;
  const archive = (activitiesADay * supposed.archiveDays * supposed.bytesOfAnActivity) / 5;
  const collectingMs = (measured.collected.microseconds / 1_000) * messagesARequest + designed.waits.service;
  const members = (people * supposed.segmentsAPerson) / supposed.segments;
  const nights = (supposed.audiences * daysAMonth * members * supposed.changedANight) / measured.night.changed;
  const scanReads = (world.tableBytes / 4_096) * 0.5 * daysAMonth;
  const lines: readonly Line[] = [
    priced('collector: requests', requests, 'requests to the HTTP API'),
    {
      what: 'collector: functions',
      arithmetic: `${say(requests)} calls of ${say(collectingMs)} ms`,
      dollars: requests * prices.of['calls of functions'] + lambda(requests * collectingMs, designed.memoryMb.collect),
    },
    priced('queue: sent one by one, taken and deleted in batches', requests + 2 * calls, 'requests to queues'),
    {
      what: 'resolve-profile',
      arithmetic: `${say(calls)} calls, ${say(world.activityMs)} ms an activity`,
      dollars: calls * prices.of['calls of functions'] + lambda(activities * world.activityMs),
    },
    priced('rows of activities, written', activities, 'write units'),
    priced('profiles, their index and rows, written', writes * world.writeUnits, 'write units'),
    priced('look-ups and profiles, read', activities * world.readUnits, 'read units'),
    priced(`rows of activities, ${supposed.daysKept} days`, rowBytes / GIGABYTE, 'gigabytes in tables, a month each'),
    priced(
      'the same, to be restored',
      rowBytes / GIGABYTE,
      'gigabytes that can be restored to any second, a month each',
    ),
    priced('profiles, kept', world.tableBytes / GIGABYTE, 'gigabytes in tables, a month each'),
    priced('archive, an object a call', calls, 'objects written to the archive'),
    priced('archive, compressed to a fifth', archive / GIGABYTE, 'gigabytes in the archive, a month each'),
    priced('everybody is counted each night: read', scanReads, 'read units'),
    {
      what: 'everybody is counted each night: functions',
      arithmetic: `${say(people * daysAMonth)} people of ${say(world.lookedAtMs)} ms`,
      dollars: lambda(people * daysAMonth * world.lookedAtMs),
    },
    {
      what: `${supposed.audiences} audiences pushed each night`,
      arithmetic: `${say(nights)} times ${say(measured.night.changed)} people who differ`,
      dollars:
        nights *
        (measured.night.readUnits * prices.of['read units'] + measured.night.writeUnits * prices.of['write units']),
    },
  ];
  const total = lines.reduce((sum, { dollars }) => sum + dollars, 0);
  const rows = lines.map(({ what, arithmetic, dollars }) => [what, arithmetic, sayDollars(dollars)]);
  return table(['what', 'arithmetic', 'dollars a month'], [...rows, ['**all of it**', '', `**${sayDollars(total)}**`]]);
}

/** What each redesign that the page describes would save, in dollars a month. */
export function savingTable(world: World): string {
  const { activitiesADay, daysAMonth, bytesOfAnActivity, daysKept } = supposed;
  const activities = activitiesADay * daysAMonth;
  const perKilobyte = Math.floor(1_024 / bytesOfAnActivity);
  const daysLess = daysKept - 30;
  const bytesLess = (activitiesADay * daysLess * bytesOfAnActivity) / GIGABYTE;
  const kept = prices.of['gigabytes in tables, a month each'];
  const restored = prices.of['gigabytes that can be restored to any second, a month each'];
  const written = activities * (1 / perKilobyte) + (activities / supposed.activitiesAWrite) * world.writeUnits;
  const calls = activities / world.inBatch;
  const savings: readonly Line[] = [
    {
      what: 'an hour of a person’s activities in one item',
      arithmetic: `${perKilobyte} activities a unit in place of one: ${say(activities * (1 - 1 / perKilobyte))} units less`,
      dollars: activities * (1 - 1 / perKilobyte) * prices.of['write units'],
    },
    {
      what: 'thirty days in the table, the rest in the archive',
      arithmetic: `${sayBytes(bytesLess * GIGABYTE)} less, kept and to be restored`,
      dollars: bytesLess * (kept + restored),
    },
    {
      what: 'provisioned write capacity at 70 % use, after the first of these',
      arithmetic: `${supposed.provisioned} of the price of ${say(written)} units`,
      dollars: written * prices.of['write units'] * (1 - supposed.provisioned),
    },
    {
      what: 'batches of 100 messages, waited for a second, in place of 10',
      arithmetic: `nine of ten of ${say(calls)} calls and objects less`,
      dollars: 0.9 * calls * (prices.of['calls of functions'] + prices.of['objects written to the archive']),
    },
  ];
  return table(
    ['redesign', 'arithmetic', 'dollars a month less'],
    savings.map(({ what, arithmetic, dollars }) => [what, arithmetic, sayDollars(dollars)]),
  );
}

function priced(what: string, quantity: number, of: Priced): Line {
  return {
    what,
    arithmetic: `${say(quantity)} ${of.replace(', a month each', '')}`,
    dollars: quantity * prices.of[of],
  };
}

function lambda(milliseconds: number, megabytes: number = memoryMb): number {
  return (milliseconds / 1_000) * (megabytes / 1_024) * prices.of['gigabyte-seconds of functions'];
}
