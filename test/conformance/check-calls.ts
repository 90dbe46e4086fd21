import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect } from 'vitest';
import type { Calls, DayUsage, Page } from '../../lib/connectors/contract.ts';
import { TributaryError } from '../../lib/domain/errors.ts';
import type { Json } from '../../lib/domain/json.ts';
import { type Check, CONNECTION, HOUR, type Rig, sorted, withRig } from './rig.ts';
import type { Scenario } from './scenario.ts';
import { idsOf } from './told-ids.ts';

/** Where Node tells of each request that goes out: of its `http` and of its `fetch`. */
const CHANNELS = ['http.client.request.start', 'undici:request:create'];

/** Calls of a connection: each request is asked for, none goes out without leave, what the vendor says of its limits is passed on. */
export function callChecks(scenario: Scenario): readonly Check[] {
  const { usage } = scenario;
  const reads = Object.keys(scenario.streams).length > 0;
  return [
    { name: 'asks before each request that it sends', run: () => withRig(scenario, asksFirst) },
    ...(reads
      ? [{ name: 'sends nothing without leave, and reads on later', run: () => withRig(scenario, obeys) }]
      : []),
    ...(usage === undefined
      ? []
      : [
          {
            name: 'passes on how much of the day is used',
            run: () => withRig(scenario, (rig) => tellsUsage(rig, usage)),
          },
        ]),
  ];
}

/** A meter that gives leave for `most` requests and compares them with those that really go out. */
function openMeter(most = Number.POSITIVE_INFINITY) {
  const seen = { asked: 0, unasked: 0, sent: 0, unpaid: 0, used: undefined as DayUsage | undefined };
  const calls: Calls = {
    ask: async () => {
      if (seen.asked >= most) throw new TributaryError('rate-limited', 'connection/budget-spent', 'no call is left');
      seen.asked += 1;
    },
    heard: ({ used, calls: more = 0 }) => {
      seen.unasked += more;
      seen.used = used ?? seen.used;
    },
  };
  const sent = (): void => {
    seen.sent += 1;
    if (seen.sent > seen.asked + seen.unasked) seen.unpaid += 1;
  };
  return {
    seen,
    calls,
    async watch(work: () => Promise<void>): Promise<void> {
      for (const channel of CHANNELS) subscribe(channel, sent);
      try {
        await work();
      } finally {
        for (const channel of CHANNELS) unsubscribe(channel, sent);
      }
    },
  };
}

async function asksFirst(rig: Rig): Promise<void> {
  const { connector, streams, audience, field } = rig.scenario;
  const meter = openMeter();
  for (const { seed } of Object.values(streams)) seed(rig.vendor);
  const pushes = [
    { destination: connector.audiences, told: audience },
    { destination: connector.fieldValues, told: field },
  ].map((push) => ({ ...push, people: push.told?.seed(rig.vendor) }));
  rig.pass(HOUR);

  await meter.watch(async () => {
    const api = await rig.connect({ calls: meter.calls });
    await connector.check(api);
    for (const stream of connector.streams) await read(rig, stream.name, api, undefined);
    for (const { destination, told, people } of pushes) {
      if (destination === undefined || told === undefined || people === undefined) continue;
      const { remoteId } = await destination.ensure(api, told.target);
      const members = [...people.known, people.stranger].map((key, n) => ({ memberId: `m${n}`, keys: [key] }));
      for (const op of ['add', 'remove'] as const) {
        await destination.apply(api, { remoteId, op, members, idempotencyKey: op, target: told.target });
      }
    }
  });

  expect(meter.seen.sent, 'nothing was sent').toBeGreaterThan(0);
  expect(meter.seen.unpaid, 'requests that went out before anybody was asked').toBe(0);
  expect(meter.seen.asked + meter.seen.unasked).toBe(meter.seen.sent);
}

async function obeys(rig: Rig): Promise<void> {
  const [stream] = rig.scenario.connector.streams;
  const told = rig.scenario.streams[stream?.name ?? ''];
  if (stream === undefined || told === undefined) throw new Error('the scenario does not describe the first stream');
  told.seed(rig.vendor);
  rig.pass(HOUR);
  for (let leave = 0; ; leave += 1) {
    const meter = openMeter(leave);
    const pages: Page[] = [];
    let failure: TributaryError | undefined;
    await meter.watch(async () => {
      failure = await rig.errorOf(async () => {
        await read(rig, stream.name, await rig.connect({ calls: meter.calls }), undefined, pages);
      });
    });

    expect(meter.seen.sent, `with leave for ${leave} requests`).toBeLessThanOrEqual(leave);
    if (failure === undefined) break;
    expect(failure).toMatchObject({ kind: 'rate-limited', code: 'connection/budget-spent' });
    const rest = await read(rig, stream.name, await rig.connect(), pages.at(-1)?.checkpoint);
    const overlap = new Set(told.overlap?.(rig.vendor));
    const first = pages.flatMap(idsOf);
    const after = rest.flatMap(idsOf).filter((id) => !(overlap.has(id) && first.includes(id)));
    expect(sorted([...first, ...after]), `with leave for ${leave} requests`).toEqual(sorted(told.expected(rig.vendor)));
  }
}

async function tellsUsage(rig: Rig, usage: NonNullable<Scenario['usage']>): Promise<void> {
  const meter = openMeter();

  await rig.scenario.connector.check(await rig.connect({ calls: meter.calls }));

  expect(meter.seen.used).toEqual(usage(rig.vendor));
}

/** Reads a stream to its end; `pages` holds what came when it throws. */
async function read(
  rig: Rig,
  name: string,
  api: unknown,
  from: Json | undefined,
  pages: Page[] = [],
): Promise<readonly Page[]> {
  const stream = rig.scenario.connector.streams.find((one) => one.name === name);
  const pageSize = rig.scenario.streams[name]?.pageSize;
  const options = {
    signal: new AbortController().signal,
    now: rig.now(),
    ...(pageSize === undefined ? {} : { pageSize }),
  };
  for await (const page of stream?.read(api, CONNECTION, from, options) ?? []) pages.push(page);
  return pages;
}
