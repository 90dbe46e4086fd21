import { expect } from 'vitest';
import type { Page, Stream } from '../../lib/connectors/contract.ts';
import type { Change } from '../../lib/domain/change.ts';
import { isDay } from '../../lib/domain/figure.ts';
import { parseInstant } from '../../lib/domain/instant.ts';
import { isJsonObject, type Json } from '../../lib/domain/json.ts';
import { type Check, CONNECTION, HOUR, type Rig, sorted, withRig } from './rig.ts';
import type { Scenario, Simulator, StreamScenario } from './scenario.ts';
import { idOf, idsOf } from './told-ids.ts';

/** A reader that never ends is a failure, not a hang. */
const MOST_PAGES = 500;

interface Case {
  readonly rig: Rig;
  readonly stream: Stream<unknown>;
  readonly told: StreamScenario<Simulator>;
}

/** Reading: everything once, from any checkpoint, after any crash. */
export function streamChecks(scenario: Scenario, name: string): readonly Check[] {
  const on = (check: (case_: Case) => Promise<void>) => () =>
    withRig(scenario, async (rig) => {
      const stream = scenario.connector.streams.find((one) => one.name === name);
      const told = scenario.streams[name];
      if (stream === undefined) throw new Error(`the connector has no stream ${name}, which its scenario describes`);
      if (told === undefined) throw new Error(`the scenario does not describe the stream ${name}`);
      told.seed(rig.vendor);
      rig.pass(HOUR);
      await check({ rig, stream, told });
    });
  // A facet that is absent has nothing to prove: no check, rather than one that passes without asking.
  const canReread = scenario.connector.streams.some((stream) => stream.name === name && stream.reread !== undefined);
  // Figures have no instants: what must not fall apart is a day, which replaces what was told of it before.
  const isFigures = scenario.connector.streams.some((stream) => stream.name === name && stream.figures === true);
  const edges = isFigures
    ? { name: 'tells each day of a report whole, on one page', run: on(tellsDaysWhole) }
    : { name: 'is tried with one instant on both sides of a page edge', run: on(hasEqualInstants) };
  return [
    { name: 'brings every record once, and quarantines the unreadable one only', run: on(bringsAll) },
    edges,
    { name: 'loses and repeats nothing when killed after any page', run: on(survivesKills) },
    { name: 'has checkpoints that survive JSON', run: on(hasPlainCheckpoints) },
    { name: 'refuses a checkpoint of a form it does not know', run: on(refusesUnknownCursors) },
    { name: 'ends when it reads again from the last checkpoint, then brings what changed', run: on(readsOn) },
    { name: 'stops within a page of being told to', run: on(stops) },
    { name: 'keeps reading its own account when another connection opens and closes', run: on(sharesNothing) },
    ...(canReread ? [{ name: 'reads one record again by its id', run: on(rereads) }] : []),
  ];
}

async function bringsAll({ rig, stream, told }: Case): Promise<void> {
  const pages = await read(rig, stream, told, undefined);

  const rejected = pages.flatMap((page) => page.rejected);
  expect(sorted(pages.flatMap(idsOf))).toEqual(sorted(told.expected(rig.vendor)));
  expect(rejected.length).toBe(told.rejected);
  expect(rejected.filter(({ code }) => !/^[a-z0-9-]+\/[a-z0-9-]+$/.test(code))).toEqual([]);
  for (const { reason } of rejected) rig.note(reason);
  const changes = pages.flatMap((page) => page.changes);
  expect(changes.filter(({ at }) => parseInstant(at) === undefined)).toEqual([]);
  const ids = changes.map(idOf);
  expect(ids.filter((id) => !id.startsWith(`${CONNECTION}:`) && !isActivityId(changes, id))).toEqual([]);
  if (stream.figures === true) expect(changes).toEqual([]);
}

async function tellsDaysWhole({ rig, stream, told }: Case): Promise<void> {
  const pages = await read(rig, stream, told, undefined);

  const days = pages.flatMap(({ figures = [] }) => figures);
  const names = days.map(({ report, day }) => `${report} ${day}`);
  expect(pages.length, 'the scenario fills fewer than three pages').toBeGreaterThanOrEqual(3);
  expect(new Set(names).size, 'a day on two pages').toBe(names.length);
  expect(days.filter(({ day }) => !isDay(day))).toEqual([]);
  expect(days.flatMap(({ figures }) => figures).filter(({ value }) => !Number.isFinite(value))).toEqual([]);
}

async function hasEqualInstants({ rig, stream, told }: Case): Promise<void> {
  const pages = await read(rig, stream, told, undefined);

  const edges = pages.slice(1).filter((page, index) => {
    const before = new Set(pages[index]?.changes.map(({ at }) => at));
    return page.changes.some(({ at }) => before.has(at));
  });
  expect(pages.length, 'the scenario fills fewer than three pages').toBeGreaterThanOrEqual(3);
  expect(edges.length, 'no instant stands on both sides of a page edge').toBeGreaterThan(0);
}

async function survivesKills({ rig, stream, told }: Case): Promise<void> {
  const pages = (await read(rig, stream, told, undefined)).length;
  const overlap = new Set(told.overlap?.(rig.vendor));

  for (let kept = 1; kept <= pages; kept += 1) {
    const before = await read(rig, stream, told, undefined, kept);
    rig.pass(60_000);
    const after = await read(rig, stream, told, throughJson(before.at(-1)?.checkpoint));

    const first = before.flatMap(idsOf);
    const rest = after.flatMap(idsOf).filter((id) => !(overlap.has(id) && first.includes(id)));
    expect(sorted([...first, ...rest]), `killed after page ${kept} of ${pages}`).toEqual(
      sorted(told.expected(rig.vendor)),
    );
  }
}

async function hasPlainCheckpoints({ rig, stream, told }: Case): Promise<void> {
  const pages = await read(rig, stream, told, undefined);

  for (const { checkpoint } of pages) {
    expect(throughJson(checkpoint)).toStrictEqual(checkpoint);
    rig.note(JSON.stringify(checkpoint));
  }
}

async function refusesUnknownCursors({ rig, stream, told }: Case): Promise<void> {
  const [page] = await read(rig, stream, told, undefined, 1);
  const known = page?.checkpoint;
  expect(isJsonObject(known) && 'v' in known, 'a checkpoint is an object with a version `v`').toBe(true);

  for (const unknown of [{ ...(isJsonObject(known) ? known : {}), v: 999 }, {}, 'elsewhere']) {
    const failure = await rig.errorOf(() => read(rig, stream, told, unknown, 1));

    expect(failure).toMatchObject({ kind: 'config', code: 'sync/unknown-cursor' });
  }
}

async function readsOn({ rig, stream, told }: Case): Promise<void> {
  const first = await read(rig, stream, told, undefined);
  const overlap = new Set(told.overlap?.(rig.vendor));
  rig.pass(HOUR);

  const quiet = await read(rig, stream, told, throughJson(first.at(-1)?.checkpoint));

  expect(quiet.flatMap(idsOf).filter((id) => !overlap.has(id))).toEqual([]);

  const touched = told.touch(rig.vendor);
  rig.pass(HOUR);
  const next = await read(rig, stream, told, throughJson((quiet.at(-1) ?? first.at(-1))?.checkpoint));

  const brought = next.flatMap(idsOf);
  expect(touched.filter((id) => !brought.includes(id))).toEqual([]);
  expect(brought.filter((id) => !touched.includes(id) && !overlap.has(id))).toEqual([]);
}

async function stops({ rig, stream, told }: Case): Promise<void> {
  for (const pagesBefore of [0, 1]) {
    const stop = new AbortController();
    const api = await rig.connect({ signal: stop.signal });
    const pages: Page[] = [];
    if (pagesBefore === 0) stop.abort();
    // Ending and throwing are both fair: the pages that came have their checkpoints.
    const failure = await rig.errorOf(async () => {
      const options = { pageSize: told.pageSize, signal: stop.signal, now: rig.now() };
      for await (const page of stream.read(api, CONNECTION, undefined, options)) {
        pages.push(page);
        if (pages.length === pagesBefore) stop.abort();
      }
    });

    expect(pages.length, `aborted after ${pagesBefore} pages`).toBeLessThanOrEqual(pagesBefore + 1);
    const aborted = failure?.cause instanceof Error && failure.cause.name === 'AbortError';
    if (failure !== undefined && !aborted) expect(['transient', 'rate-limited']).toContain(failure.kind);
  }
}

async function sharesNothing({ rig, stream, told }: Case): Promise<void> {
  const api = await rig.connect();
  const another = await rig.startAnother();
  await rig.scenario.connector.check(await rig.connect({ endpoint: another.url }));
  await another.close();

  const pages = await collect(rig, stream, told, api, undefined, MOST_PAGES);

  expect(sorted(pages.flatMap(idsOf))).toEqual(sorted(told.expected(rig.vendor)));
}

async function rereads({ rig, stream, told }: Case): Promise<void> {
  const pages = await read(rig, stream, told, undefined);
  const change = pages.flatMap((page) => page.changes).find(({ kind }) => kind === 'profile' || kind === 'account');
  const subject = change === undefined ? '' : idOf(change);
  const vendorId = subject.split(':').slice(2).join(':');
  const { id, brings } = told.reread?.(rig.vendor) ?? { id: vendorId, brings: [subject] };
  if (stream.reread === undefined) throw new Error(`the stream ${stream.name} cannot read single records`);

  const page = await stream.reread(await rig.connect(), CONNECTION, [id], {
    signal: new AbortController().signal,
    now: rig.now(),
  });

  expect(idsOf(page)).toEqual(brings);
}

/** Reads with a new connection, up to `most` pages, then drops the reader as a kill would. */
async function read(
  rig: Rig,
  stream: Stream<unknown>,
  told: StreamScenario<Simulator>,
  from: Json | undefined,
  most = MOST_PAGES,
): Promise<Page[]> {
  return collect(rig, stream, told, await rig.connect(), from, most);
}

async function collect(
  rig: Rig,
  stream: Stream<unknown>,
  told: StreamScenario<Simulator>,
  api: unknown,
  from: Json | undefined,
  most: number,
): Promise<Page[]> {
  const pages: Page[] = [];
  const options = { pageSize: told.pageSize, signal: new AbortController().signal, now: rig.now() };
  for await (const page of stream.read(api, CONNECTION, from, options)) {
    pages.push(page);
    if (pages.length === most) break;
  }
  expect(pages.length, 'the stream does not end').toBeLessThan(MOST_PAGES);
  return pages;
}

function isActivityId(changes: readonly Change[], id: string): boolean {
  return changes.some((change) => change.kind === 'activity' && change.id === id);
}

function throughJson(value: Json | undefined): Json {
  if (value === undefined) throw new Error('the stream ended without a checkpoint');
  return JSON.parse(JSON.stringify(value)) as Json;
}
