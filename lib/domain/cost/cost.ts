import { designed, measured } from './measured.ts';
import { free, type Priced, prices } from './prices.ts';

/** What a deployment holds that is paid for by the month, counted in its template. */
export interface Inventory {
  readonly secrets: number;
  readonly alarms: number;
  readonly dashboards: number;
  /** Queues that a function waits at. */
  readonly polledQueues: number;
}

/** Where a quantity comes from: counted in this deployment, measured by a bench, or from how it is built. */
export type Basis = 'counted' | 'measured' | 'designed';

export interface CostLine {
  /** Of the way of a record: `idle`, `collect`, `queue`, `resolve`, `keep`, `push`. */
  readonly stage: string;
  readonly what: Priced;
  readonly quantity: number;
  readonly dollars: number;
  readonly basis: Basis;
}

export interface CostPart {
  readonly lines: readonly CostLine[];
  readonly dollars: number;
}

/** What a workspace costs at list prices: idle, for a million activities, for a night of an audience of a million. */
export interface Cost {
  readonly prices: { readonly region: string; readonly date: string };
  /** `lessFree`: in an account that uses what is free each month for nothing else. */
  readonly idle: CostPart & { readonly lessFree: number };
  readonly activities: CostPart & { readonly of: number };
  readonly push: CostPart & { readonly people: number; readonly changed: number };
}

const MILLION = 1_000_000;
const GIGABYTE = 2 ** 30;

/**
 * Computes costs from what is deployed (with `connections` secrets made by hand) and how many shards the sweep looks
 * through. Activities are taken to come in batches of a server, ten a person.
 */
export function costOf(inventory: Inventory, connections: number, sweepShards: number): Cost {
  const { region, date } = prices;
  const idle = idleLines(inventory, connections, sweepShards);
  const lessFree = sum(
    idle.map((line) => ({
      ...line,
      dollars: Math.max(0, line.quantity - (free[line.what] ?? 0)) * prices.of[line.what],
    })),
  );
  return {
    prices: { region, date },
    idle: { ...part(idle), lessFree },
    activities: { ...part(activityLines()), of: MILLION },
    push: { ...part(pushLines()), people: measured.night.rows, changed: measured.night.changed },
  };
}

function idleLines({ secrets, alarms, dashboards, polledQueues }: Inventory, connections: number, shards: number) {
  const { minutesAMonth, pollsAMonth, sweep, sweepUnits, memoryMb } = designed;
  return [
    line('idle', 'secrets, a month each', secrets + connections, 'counted'),
    line('idle', 'alarms, a month each', alarms, 'counted'),
    line('idle', 'dashboards, a month each', dashboards, 'counted'),
    line('idle', 'requests to queues', polledQueues * pollsAMonth, 'counted'),
    line('idle', 'schedules that fire', minutesAMonth, 'designed'),
    line('idle', 'calls of functions', minutesAMonth, 'designed'),
    line('idle', 'gigabyte-seconds of functions', gigabyteSeconds(minutesAMonth * sweep, memoryMb.sweep), 'designed'),
    // Half a unit for each shard of this hour's and the last hour's index.
    line('idle', 'read units', minutesAMonth * (shards * 2 * 0.5 + sweepUnits.read), 'designed'),
    line('idle', 'write units', minutesAMonth * sweepUnits.write, 'designed'),
  ];
}

function activityLines(): CostLine[] {
  const { activity, collected } = measured;
  const { memoryMb, batch, waits, bytesOfAnActivity } = designed;
  const requests = MILLION / collected.messages;
  const calls = requests / batch;
  const collecting = (MILLION * collected.microseconds) / 1_000 + requests * waits.service;
  const resolving = (MILLION * activity.microseconds) / 1_000 + MILLION * activity.requests * waits.service;
  return [
    line('collect', 'requests to the HTTP API', requests, 'measured'),
    line('collect', 'calls of functions', requests, 'measured'),
    line('collect', 'gigabyte-seconds of functions', gigabyteSeconds(collecting, memoryMb.collect), 'measured'),
    // Sent one by one; taken and deleted by batches.
    line('queue', 'requests to queues', requests + 2 * calls, 'designed'),
    line('resolve', 'calls of functions', calls, 'designed'),
    line('resolve', 'gigabyte-seconds of functions', gigabyteSeconds(resolving, memoryMb.resolve), 'measured'),
    line('resolve', 'read units', MILLION * activity.readUnits, 'measured'),
    line('resolve', 'write units', MILLION * activity.writeUnits, 'measured'),
    line('resolve', 'objects written to the archive', calls, 'designed'),
    line('keep', 'gigabytes in tables, a month each', (MILLION * bytesOfAnActivity) / GIGABYTE, 'designed'),
  ];
}

function pushLines(): CostLine[] {
  const { night } = measured;
  return linesOfPush({ changed: night.changed, calls: night.calls * (night.changed / 10_000) });
}

/** What pushing so many changes by so many calls of the tool costs at list prices. */
export function pushDollars(pushed: { readonly changed: number; readonly calls: number }): number {
  return sum(linesOfPush(pushed));
}

function linesOfPush({ changed, calls }: { readonly changed: number; readonly calls: number }): CostLine[] {
  const { night, pushed } = measured;
  const { memoryMb, waits } = designed;
  const nights = changed / night.changed;
  const working = changed * pushed.milliseconds + calls * waits.tool;
  return [
    line('push', 'read units', night.readUnits * nights, 'measured'),
    line('push', 'write units', night.writeUnits * nights, 'measured'),
    line('push', 'objects written to the archive', night.objects * nights, 'measured'),
    line('push', 'gigabyte-seconds of functions', gigabyteSeconds(working, memoryMb.push), 'measured'),
  ];
}

function line(stage: string, what: Priced, quantity: number, basis: Basis): CostLine {
  return { stage, what, quantity, dollars: quantity * prices.of[what], basis };
}

function part(lines: readonly CostLine[]): CostPart {
  return { lines, dollars: sum(lines) };
}

function sum(lines: readonly Pick<CostLine, 'dollars'>[]): number {
  return lines.reduce((total, { dollars }) => total + dollars, 0);
}

/** Of so many milliseconds of a function with so much memory. */
function gigabyteSeconds(milliseconds: number, memoryMb: number): number {
  return (milliseconds / 1_000) * (memoryMb / 1_024);
}
