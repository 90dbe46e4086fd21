import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../lib/domain/json.ts';
import {
  PAGES_IN_MESSAGE,
  readParts,
  type Scan,
  type ScanDeps,
  startScan,
  workScan,
} from '../../../lib/pipeline/define/scan.ts';
import { LEASE_MS } from '../../../lib/pipeline/run-list.ts';
import { openHandClock, openMemoryArchive, openMemoryState } from '../memory-state.ts';
import { openTimedQueue } from '../timed-queue.ts';
import { NOW } from '../world.ts';

const signal = new AbortController().signal;
const settle = () => new Promise<void>((done) => setTimeout(done, 20));
const never = () => new Promise<never>(() => {});
const scan: Scan = { id: 's', what: 'count', parts: 1, of: 1, startedAt: new Date(NOW).toISOString(), about: {} };

/** One part of so many pages, and whoever walks it; `people` is told of each page that somebody does. */
function openRig(pages: number, people: () => Promise<void> = async () => {}) {
  const clock = openHandClock(NOW);
  const deps = {
    state: openMemoryState(),
    archive: openMemoryArchive(),
    recompute: openTimedQueue(clock),
    clock,
    log: () => {},
  };
  const profiles = {
    async *scan(_part: number, _of: number, after = '0') {
      for (let page = Number(after) + 1; page <= pages; page += 1) {
        yield { people: [], readUnits: 1, ...(page < pages ? { after: String(page) } : {}) };
      }
    },
  } as unknown as ScanDeps['profiles'];
  let ends = 0;
  const works = {
    count: {
      async people(_scan: Scan, _people: unknown, found: JsonObject) {
        await people();
        return { pages: Number(found.pages ?? 0) + 1 };
      },
      async end() {
        ends += 1;
      },
    },
  };
  const by = (given: Partial<ScanDeps> = {}) => {
    const work = workScan({ ...deps, profiles, ...given }, works);
    return (body: unknown) => work((body as { scan: JsonObject }).scan, signal);
  };
  return {
    ...deps,
    by,
    work: by(),
    begin: () => startScan(deps, scan),
    parts: () => readParts(deps.state, scan),
    ends: () => ends,
    elapsed: () => clock.now().getTime() - NOW,
    async drain(does = by()): Promise<number> {
      let came = 0;
      for (let body = deps.recompute.next(); body !== undefined; body = deps.recompute.next()) {
        came += 1;
        if (came > 500) throw new Error('messages without end');
        await does(body);
      }
      return came;
    },
  };
}

describe('workScan', () => {
  it('goes on when a message came twice and the worker that stored its part dies before it asks for the rest', async () => {
    const rig = openRig(3 * PAGES_IN_MESSAGE);
    await rig.begin();
    const body = rig.recompute.next();
    // Both walk the first pages; one stores how far it came and dies. The other is done: their message is deleted.
    void rig.by({ recompute: { send: never } })(body);
    await rig.work(body);
    await settle();

    await rig.drain();

    expect(await rig.parts()).toMatchObject([{ done: true, found: { pages: 3 * PAGES_IN_MESSAGE } }]);
    expect(rig.ends()).toBeGreaterThan(0);
    expect(rig.elapsed()).toBeLessThanOrEqual(LEASE_MS);
  });

  it('goes on when that message comes again only when the worker is dead', async () => {
    const rig = openRig(3 * PAGES_IN_MESSAGE);
    await rig.begin();
    await rig.work(rig.recompute.next());
    const second = rig.recompute.next();
    void rig.by({ recompute: { send: never } })(second);
    await settle();
    await rig.work(second);

    await rig.drain();

    expect(await rig.parts()).toMatchObject([{ done: true, found: { pages: 3 * PAGES_IN_MESSAGE } }]);
  });

  it('tells the end when the worker that stored the last pages dies before it does', async () => {
    const rig = openRig(2);
    await rig.begin();
    const body = rig.recompute.next();
    const { put } = rig.state;
    const dying = {
      ...rig.state,
      put: async (...given: Parameters<typeof put>) => ((await put(...given)) ? never() : false),
    };
    void rig.by({ state: dying })(body);
    await rig.work(body);
    await settle();

    await rig.drain();

    expect(rig.ends()).toBeGreaterThan(0);
  });

  it('goes on after a death before it asks for the rest, by the message that comes again', async () => {
    const rig = openRig(2 * PAGES_IN_MESSAGE);
    await rig.begin();
    const body = rig.recompute.next();
    void rig.by({ recompute: { send: never } })(body);
    await settle();
    await rig.recompute.repeat(body as JsonObject, 360);

    await rig.drain();

    expect(await rig.parts()).toMatchObject([{ done: true, found: { pages: 2 * PAGES_IN_MESSAGE } }]);
  });

  it('walks no page more, and sends few messages more, however often messages come twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 20 }), async (seconds) => {
        let walked = 0;
        const rig = openRig(20 * PAGES_IN_MESSAGE, async () => {
          walked += 1;
          rig.clock.pass(100);
        });
        await rig.begin();
        let late = [...seconds];

        const came = await rig.drain(async (body) => {
          await rig.work(body);
          const [after, ...rest] = late;
          late = rest;
          if (after !== undefined) await rig.recompute.repeat(body as JsonObject, after);
        });

        expect(await rig.parts()).toMatchObject([{ done: true, found: { pages: 20 * PAGES_IN_MESSAGE } }]);
        // The message that began the scan names no row: its repetition walks with the others, once.
        expect(walked).toBeLessThanOrEqual(22 * PAGES_IN_MESSAGE);
        expect(came).toBeLessThanOrEqual(22 + 4 * seconds.length);
      }),
      { numRuns: 60 },
    );
  });

  it('goes on with messages of a former release', async () => {
    const rig = openRig(2 * PAGES_IN_MESSAGE);
    await rig.begin();
    await rig.work(rig.recompute.next());
    rig.recompute.next();
    await rig.work({ scan: { id: 's', part: 0 } });

    await rig.drain();

    expect(await rig.parts()).toMatchObject([{ done: true }]);
  });
});
