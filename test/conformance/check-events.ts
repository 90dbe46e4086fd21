import { expect } from 'vitest';
import type { BusEvent, Delivery, EventSource } from '../../lib/connectors/contract-deliveries.ts';
import { parseInstant } from '../../lib/domain/instant.ts';
import type { Json } from '../../lib/domain/json.ts';
import { type Check, CONNECTION, type Rig, withRig } from './rig.ts';
import type { EventScenario, Scenario } from './scenario.ts';

/** What the vendor might put into `detail` one day: none of it may end a batch. */
const strange: readonly Json[] = [null, 7, 'elsewhere', [], {}, { payload: null }, { payload: { header: [] } }];

/** Events by bus: the bus is the proof, so parsing is all there is, and it never fails. */
export function eventChecks(scenario: Scenario, told: EventScenario): readonly Check[] {
  const on = (check: (events: EventSource<unknown>, rig: Rig) => Promise<void>) => () =>
    withRig(scenario, async (rig) => {
      const { events } = scenario.connector;
      if (events === undefined) throw new Error('the connector reads no events, which its scenario describes');
      await check(events, rig);
    });
  return [
    {
      name: 'names the beginnings of the buses that only the vendor can put events on',
      run: on(async ({ buses }) => {
        expect(buses.length).toBeGreaterThan(0);
        expect(buses.filter((beginning) => !/^aws\.partner\/[a-z0-9.-]+/.test(beginning))).toEqual([]);
        const sources = told.usable.map(({ source }) => source);
        expect(sources.filter((source) => !buses.some((beginning) => source.startsWith(beginning)))).toEqual([]);
      }),
    },
    {
      name: 'gives each delivery a key of its own that stays the same when EventBridge delivers it again',
      run: on(async (events, rig) => {
        for (const event of told.usable) {
          const once = read(events, rig, event);

          expect(once.length).toBeGreaterThan(0);
          expect(new Set(once.map(({ deliveryId }) => deliveryId)).size).toBe(once.length);
          // EventBridge's own id is of the envelope: relayed again, the same change has another.
          expect(read(events, rig, { ...event, id: 'another-id' })).toEqual(once);
        }
      }),
    },
    {
      name: 'hints only at streams that can read single records again, and asks only for streams there are',
      run: on(async (events, rig) => {
        const deliveries = told.usable.flatMap((event) => read(events, rig, event));
        const { streams } = scenario.connector;
        const rereadable = streams.filter(({ reread }) => reread !== undefined).map(({ name }) => name);
        const hints = deliveries.flatMap((one) => ('hint' in one ? [one.hint] : []));
        const pulls = deliveries.flatMap((one) => ('pull' in one ? [one.pull.stream] : []));

        expect(hints.filter(({ stream, ids }) => !rereadable.includes(stream) || ids.length === 0)).toEqual([]);
        expect(pulls.filter((stream) => !streams.some(({ name }) => name === stream))).toEqual([]);
      }),
    },
    {
      name: 'tells changes of its own records only, each with an instant',
      run: on(async (events, rig) => {
        const deliveries = told.usable.flatMap((event) => read(events, rig, event));
        const changes = deliveries.flatMap((one) => ('change' in one ? [one.change] : []));

        const own = (id: string) => id.startsWith(`${CONNECTION}:`);
        expect(changes.filter((one) => !own(one.kind === 'account' ? one.account : one.fragment))).toEqual([]);
        expect(changes.filter(({ at }) => parseInstant(at) === undefined)).toEqual([]);
        // What a delivery alone tells would be lost to a replay: only what can be read again, or is no more.
        const believed = changes.filter((one) => one.kind !== 'gone' && !(one.kind === 'account' && one.gone === true));
        expect(believed.filter(({ kind }) => kind !== 'activity')).toEqual([]);
      }),
    },
    {
      name: 'quarantines what it cannot read, says why without repeating it, and never fails',
      run: on(async (events, rig) => {
        const [example] = told.usable;
        if (example === undefined) throw new Error('the scenario holds no usable event');
        const unusable = [...told.unusable, ...strange.map((detail) => ({ ...example, detail }))];

        for (const event of unusable) {
          const deliveries = read(events, rig, event);
          const rejections = deliveries.flatMap((one) => ('rejection' in one ? [one.rejection] : []));
          for (const { reason } of rejections) rig.note(reason);
          expect(rejections.length, 'an event that means nothing is one rejection').toBe(1);
          expect(deliveries.length).toBe(1);
          expect(
            rejections.filter(({ code, reason }) => !/^[a-z0-9-]+\/[a-z0-9-]+$/.test(code) || reason === ''),
          ).toEqual([]);
        }
      }),
    },
  ];
}

function read(events: EventSource<unknown>, rig: Rig, event: BusEvent): readonly Delivery[] {
  return events.parse(event, CONNECTION, rig.config);
}
