import { connectors } from '../../lib/connectors/registry.ts';
import type { Change } from '../../lib/domain/change.ts';
import { type Compiled, compileDefinitions } from '../../lib/domain/decide.ts';
import type { Definitions } from '../../lib/domain/definitions.ts';
import type { Json } from '../../lib/domain/json.ts';
import type { Profile } from '../../lib/domain/profile.ts';
import { collect } from '../../lib/pipeline/collect/collect.ts';
import { openConnection } from '../../lib/pipeline/connections.ts';
import { freeCalls } from '../free-calls.ts';
import { deliver } from '../pipeline/delivering.ts';
import { openMemoryQueue } from '../pipeline/memory-state.ts';
import { openMemoryStores } from '../pipeline/memory-stores.ts';
import { type Crowd, ownsOf } from './people.ts';
import type { Storm } from './storm.ts';
import { WRITE_KEY } from './storm-workspace.ts';

const streams = [
  ['crm', 'contacts'],
  ['news', 'members'],
  ['voices', 'responses'],
] as const;

/** What a seed must end in: its people as one calm pass of the same pipeline makes them, with all they did. */
export interface Calm {
  readonly people: readonly Profile[];
  /** Activities of a record, each by its instant and id, sorted. */
  activitiesOf(fragment: string): Promise<readonly string[]>;
}

/**
 * Reads the tools beside the stage, past the road, and keeps what they tell: each state of a record that stood between
 * two halves of a seed, once. No fault reaches it.
 */
export interface Witness {
  /** Takes down what the tools tell now. Call it when nothing moves, after each half. */
  look(): Promise<void>;
  /** The people of a crowd as they must be at an instant, from all that was told of them. */
  expected(crowd: Crowd, at: number): Promise<Calm>;
}

export function openWitness(storm: Storm): Witness {
  const { definitions } = storm;
  const compiled = compileDefinitions(definitions);
  const heard: Change[] = [];
  const checkpoints = new Map<string, Json>();
  const endpoints = Object.entries(definitions.connections).map(([name, one]) => {
    return [name, { ...one, endpoint: storm.tools[name]?.url ?? '' }] as const;
  });
  const past: Definitions = { ...definitions, connections: Object.fromEntries(endpoints) };
  const clock = { now: () => new Date(storm.now()), wait: async () => {}, random: () => 0 };
  const deps = {
    ...{ connectors, clock, definitions: async () => past, log: () => {} },
    secrets: async (name: string) => storm.tools[name]?.secret as Json,
    secretName: (name: string) => name,
  };

  async function read(name: string, streamName: string): Promise<void> {
    const connection = await openConnection(deps, name);
    const { signal } = new AbortController();
    const api = await connection.connect(signal, freeCalls);
    const stream = connection.connector.streams.find((one) => one.name === streamName);
    if (stream === undefined) throw new Error(`${name} has no stream ${streamName}`);
    const key = `${name}/${streamName}`;
    for await (const page of stream.read(api, name, checkpoints.get(key), { signal, now: clock.now() })) {
      heard.push(...page.changes);
      checkpoints.set(key, page.checkpoint);
    }
  }

  return {
    async look() {
      for (const [name, stream] of streams) await read(name, stream);
    },
    async expected(crowd, at) {
      const isOwn = ownsOf(crowd);
      const own = heard.filter((change) => change.kind !== 'account' && isOwn(change.fragment));
      const stores = openMemoryStores();
      const standing = { now: () => new Date(at), wait: async () => {}, random: () => 0 };
      await deliver(
        stores,
        [...own, ...(await toldBy(crowd, definitions, standing.now))].map((one) => [one]),
        {
          compiled: async (): Promise<Compiled> => compiled,
          clock: standing,
        },
      );
      return {
        people: stores.living().filter(({ fragments }) => Object.keys(fragments).length > 0),
        async activitiesOf(fragment) {
          const found: string[] = [];
          for await (const page of stores.activities.all(fragment)) found.push(...page.map(nameOf));
          return found.sort();
        },
      };
    },
  };
}

/** An activity by its instant and id. */
export function nameOf({ at, id }: { readonly at: string; readonly id: string }): string {
  return `${at} ${id}`;
}

/** What the requests of a crowd say, as the collector reads them. */
async function toldBy({ told }: Crowd, definitions: Definitions, now: () => Date): Promise<readonly Change[]> {
  const changes = openMemoryQueue();
  const source = definitions.collection.writeKeys.server === WRITE_KEY ? 'server' : '';
  const answer = collect({
    collection: async () => ({ version: 'calm', sources: { [WRITE_KEY]: source }, strict: false, blocked: [] }),
    changes,
    newId: () => 'unused',
    clock: { now, wait: async () => {}, random: () => 0 },
    log: () => {},
  });
  const headers = { authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}` };
  for (const body of told) {
    const request = { method: 'POST', path: '/v1/batch', query: {}, headers, body: Buffer.from(JSON.stringify(body)) };
    const { status } = await answer(request);
    if (status !== 200) throw new Error(`the collector refused with ${status} what it should take`);
  }
  return changes.take().flatMap(({ body }) => (body as { changes?: readonly Change[] }).changes ?? []);
}
