import { expect } from 'vitest';
import type { Page, Stream } from '../../lib/connectors/contract.ts';
import type { TributaryError } from '../../lib/domain/errors.ts';
import type { Json } from '../../lib/domain/json.ts';
import { type Check, CONNECTION, HOUR, type Rig, sorted, withRig } from './rig.ts';
import type { Scenario, Simulator, StreamScenario } from './scenario.ts';
import { idsOf } from './told-ids.ts';
import { nextTroubled, onRoad, type Passing, passingTroubles, type Road, type Trouble } from './troubled-road.ts';

/** A reader that never ends is a failure, not a hang. */
const MOST_PAGES = 500;
const FIELDS_TRIED = 12;

interface Case {
  readonly rig: Rig;
  readonly stream: Stream<unknown>;
  readonly told: StreamScenario<Simulator>;
}

/** Reading over a bad road: what a tool, a network or an administrator can do to any request. */
export function troubleChecks(scenario: Scenario, name: string): readonly Check[] {
  const on = (check: (case_: Case) => Promise<void>) => () =>
    withRig(scenario, async (rig) => {
      const stream = scenario.connector.streams.find((one) => one.name === name);
      const told = scenario.streams[name];
      if (stream === undefined || told === undefined) throw new Error(`no stream ${name} with a scenario`);
      told.seed(rig.vendor);
      rig.pass(HOUR);
      await check({ rig, stream, told });
    });
  return [
    ...Object.entries(passingTroubles).map(([name, troubled]) => ({
      name,
      run: on((case_) => comesThrough(case_, troubled)),
    })),
    { name: 'stops at expired credentials after one refresh', run: on(stopsUnknown) },
    { name: 'stops at a missing permission, and asks no more', run: on(stopsForbidden) },
    { name: 'says so where the tool renames a field, and is never at a loss', run: on(standsDrift) },
  ];
}

/**
 * Reads again and again from the last checkpoint. The first try meets the trouble at its first request, the next at its
 * second, and so on, in wider steps where a reader sends very many: wherever it can be hurt, it is, and one that keeps its
 * checkpoints gets through.
 */
async function comesThrough(case_: Case, troubled: (passing: Passing) => Trouble): Promise<void> {
  const { rig, told } = case_;
  const overlap = new Set(told.overlap?.(rig.vendor));
  const brought: string[] = [];
  let from: Json | undefined;
  for (let at = 1; ; at = nextTroubled(at)) {
    const pages: Page[] = [];
    const trouble = (passing: Passing) => (passing.number === at ? troubled(passing) : undefined);
    const { failure, met } = await onRoad(rig, trouble, async (road) => ({
      failure: await read(case_, road, from, pages),
      met: road.passed.length >= at,
    }));
    const ids = pages.flatMap(idsOf);
    brought.push(...ids.filter((id) => !(overlap.has(id) && brought.includes(id))));
    from = pages.at(-1)?.checkpoint ?? from;
    if (!met) break;
    // A client may have asked again by itself and gone on; then nothing failed.
    if (failure !== undefined) {
      expect(['rate-limited', 'transient'], `${failure.code}: ${failure.message}`).toContain(failure.kind);
    }
    rig.pass(failure?.retryAfterMs ?? 1_000);
  }

  expect(sorted(brought)).toEqual(sorted(told.expected(rig.vendor)));
}

async function stopsUnknown(case_: Case): Promise<void> {
  await stopsAt(case_, 401, ['auth'], 2);
}

async function stopsForbidden(case_: Case): Promise<void> {
  await stopsAt(case_, 403, ['auth', 'config'], 1);
}

/** From a request on, all are refused but those that sign in: at the first, and in the middle of a read. */
async function stopsAt(case_: Case, status: 401 | 403, kinds: readonly string[], most: number): Promise<void> {
  const { rig } = case_;
  const signsIn = await signingIn(rig);
  const plain = await requestsOf(case_);
  const last = plain.filter(({ path }) => !signsIn(path)).length;
  const body = status === 403 ? rig.scenario.forbidden : undefined;
  for (const from of new Set([1, Math.ceil(last / 2)])) {
    const refused = new Map<string, number>();
    let data = 0;
    let signed = 0;
    const trouble = ({ method, path }: Passing): Trouble | undefined => {
      if (signsIn(path)) {
        signed += refused.size > 0 ? 1 : 0;
        return undefined;
      }
      data += 1;
      if (data < from) return undefined;
      refused.set(`${method} ${path}`, (refused.get(`${method} ${path}`) ?? 0) + 1);
      return { kind: 'refused', status, ...(body === undefined ? {} : { body }) };
    };
    const failure = await onRoad(rig, trouble, (road) => read(case_, road, undefined, []));

    const where = `refused from request ${from} of ${last} on`;
    expect(failure, where).toBeDefined();
    expect(kinds, `${where}: ${failure?.code} ${failure?.message}`).toContain(failure?.kind);
    expect(Math.max(...refused.values()), `${where}: how often one request was sent`).toBeLessThanOrEqual(most);
    expect(signed, `${where}: how often it signed in again`).toBeLessThan(most);
  }
}

async function standsDrift(case_: Case): Promise<void> {
  const { rig, told } = case_;
  const expected = new Set(told.expected(rig.vendor));
  const fields = await onRoad(
    rig,
    () => undefined,
    async (road) => {
      expect(await read(case_, road, undefined, [])).toBeUndefined();
      return [...road.fields].sort();
    },
  );
  for (const field of someOf(fields)) {
    const pages: Page[] = [];
    const failure = await onRoad(
      rig,
      () => ({ kind: 'renamed', field }),
      (road) => read(case_, road, undefined, pages),
    );

    expect(failure?.kind, `${field} renamed: ${failure?.code} ${failure?.message}`).not.toBe('defect');
    const rejected = pages.flatMap((page) => page.rejected);
    for (const { reason } of rejected) rig.note(reason);
    if (told.drifts?.[field] !== undefined) continue;
    const strange = pages.flatMap(idsOf).filter((id) => !expected.has(id));
    expect(strange, `${field} renamed: records nobody knows`).toEqual([]);
  }
}

/** Some fields of all corners in the everyday run, all of them where cases are not counted. */
function someOf(fields: readonly string[]): readonly string[] {
  const every = process.env.TRIBUTARY_RUNS === undefined ? Math.ceil(fields.length / FIELDS_TRIED) : 1;
  return fields.filter((_, index) => index % every === 0);
}

/** Paths that only sign in, as `connect` asks for them by itself. */
async function signingIn(rig: Rig): Promise<(path: string) => boolean> {
  return onRoad(
    rig,
    () => undefined,
    async (road) => {
      await rig.connect({ endpoint: road.url });
      const paths = new Set(road.passed.map(({ path }) => path.split('?')[0]));
      return (path) => paths.has(path.split('?')[0]) || /oauth|token/.test(path);
    },
  );
}

async function requestsOf(case_: Case): Promise<readonly Passing[]> {
  return onRoad(
    case_.rig,
    () => undefined,
    async (road) => {
      await read(case_, road, undefined, []);
      return road.passed;
    },
  );
}

/** Reads to the end or to a failure, which it returns; `pages` holds what came. */
async function read(
  { rig, stream, told }: Case,
  road: Road,
  from: Json | undefined,
  pages: Page[],
): Promise<TributaryError | undefined> {
  return rig.errorOf(async () => {
    const api = await rig.connect({ endpoint: road.url });
    const options = { pageSize: told.pageSize, signal: new AbortController().signal, now: rig.now() };
    for await (const page of stream.read(api, CONNECTION, from, options)) {
      pages.push(page);
      expect(pages.length, 'the stream does not end').toBeLessThan(MOST_PAGES);
    }
  });
}
