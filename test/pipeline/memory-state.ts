import type { Json, JsonObject } from '../../lib/domain/json.ts';
import type {
  Archive,
  BlockStore,
  DeadLetter,
  DeadLetters,
  Queue,
  QueueMessage,
  StateDocument,
  StateStore,
} from '../../lib/pipeline/ports.ts';
import { type RedrivenQueue, redrivenQueues } from '../../lib/pipeline/redrive/redrive-queue.ts';

/** The state store's promises kept in memory. */
export function openMemoryState() {
  const documents = new Map<string, StateDocument>();
  const sets = new Map<string, Set<number>>();
  const keyOf = (kind: string, id: string) => `${kind}\n${id}`;
  const store: StateStore = {
    get: async (kind, id) => documents.get(keyOf(kind, id)),
    async put(kind, id, body, expected) {
      if ((documents.get(keyOf(kind, id))?.version ?? 0) !== expected) return false;
      documents.set(keyOf(kind, id), {
        id,
        version: expected + 1,
        body: JSON.parse(JSON.stringify(body)) as JsonObject,
      });
      return true;
    },
    async list(kind, { most, after }) {
      const found = [...documents].filter(([key]) => key.startsWith(`${kind}\n`)).map(([, document]) => document);
      const below = found.filter(({ id }) => after === undefined || id < after);
      return below.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, most);
    },
    async *all(kind) {
      const found = [...documents].filter(([key]) => key.startsWith(`${kind}\n`)).map(([, document]) => document);
      if (found.length > 0) yield found.sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    async remove(kind, id) {
      documents.delete(keyOf(kind, id));
    },
    async addNumbers(kind, numbers) {
      const set = sets.get(kind) ?? new Set();
      for (const number of numbers) set.add(number);
      sets.set(kind, set);
    },
    numbers: async (kind) => new Set(sets.get(kind)),
  };
  return store;
}

/** From now on the first two who read a document of this kind go on together, before either can write. */
export function readTogether(state: StateStore, kind: string): void {
  const { get } = state;
  let first: (() => void) | undefined;
  let met = false;
  Object.assign(state, {
    get: async (...asked: Parameters<typeof get>) => {
      const found = await get(...asked);
      if (asked[0] !== kind || met) return found;
      if (first === undefined) {
        await new Promise<void>((go) => {
          first = go;
        });
      } else {
        met = true;
        first();
      }
      return found;
    },
  });
}

/** Blocks in memory, with what they hold. */
export function openMemoryBlocks() {
  const rows = new Map<string, Set<string>>();
  const blocks: BlockStore = {
    async add(list) {
      for (const { block, profile } of list) rows.set(block, (rows.get(block) ?? new Set()).add(profile));
    },
    members: async (asked) =>
      new Map(asked.filter((block) => rows.has(block)).map((block) => [block, [...(rows.get(block) ?? [])]])),
  };
  return { blocks, rows };
}

/** An archive in memory, with what it holds. */
export function openMemoryArchive() {
  const objects = new Map<string, unknown>();
  const archive: Archive = {
    put: async (key, lines) => {
      objects.set(key, lines);
    },
    putJson: async (key, value) => {
      objects.set(key, value);
    },
    getJson: async (key) => objects.get(key) as Json | undefined,
    lines: async (key) => objects.get(key) as readonly Json[] | undefined,
    async *list(prefix, after = '') {
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
      if (keys.length > 0) yield keys;
    },
    remove: async (key) => {
      objects.delete(key);
    },
  };
  return { ...archive, objects };
}

/** A queue that keeps what it was sent; `take` empties it. */
export function openMemoryQueue() {
  let messages: QueueMessage[] = [];
  const queue: Queue = {
    send: async (sent) => {
      messages.push(...sent);
    },
  };
  return {
    ...queue,
    take(): QueueMessage[] {
      const taken = messages;
      messages = [];
      return taken;
    },
  };
}

/** A dead-letter queue in memory. `fate` may kill the caller before or after any call. */
export function openMemoryDeadLetters(fate: () => void = () => {}) {
  const letters = new Map<string, string>();
  const hidden = new Set<string>();
  let last = 0;
  const step = async <T>(work: () => T): Promise<T> => {
    fate();
    const done = work();
    fate();
    return done;
  };
  const queue: DeadLetters = {
    receive: () =>
      step(() => {
        const seen = [...letters].filter(([handle]) => !hidden.has(handle)).slice(0, 10);
        for (const [handle] of seen) hidden.add(handle);
        return seen.map(([handle, text]): DeadLetter => ({ handle, text }));
      }),
    put: (text) => step(() => void letters.set(`m${++last}`, text)),
    remove: ({ handle }) =>
      step(() => {
        letters.delete(handle);
        hidden.delete(handle);
      }),
    release: (list) =>
      step(() => {
        for (const { handle } of list) hidden.delete(handle);
      }),
    count: () => step(() => ({ seen: letters.size - hidden.size, hidden: hidden.size })),
  };
  return {
    ...queue,
    /** Somebody else takes these out for a while; `show` gives all back. */
    hide: (handle: string) => void hidden.add(handle),
    show: () => hidden.clear(),
    bodies: (): Json[] => [...letters.values()].map((text) => JSON.parse(text) as Json),
    fill: (...bodies: readonly Json[]) => {
      for (const body of bodies) letters.set(`m${++last}`, JSON.stringify(body));
    },
  };
}

/** Every queue with its dead letters, all in memory. */
export function openMemoryRedriven() {
  const opened = redrivenQueues.map((name) => [name, { queue: openMemoryQueue(), letters: openMemoryDeadLetters() }]);
  return Object.fromEntries(opened) as Record<
    RedrivenQueue,
    { queue: ReturnType<typeof openMemoryQueue>; letters: ReturnType<typeof openMemoryDeadLetters> }
  >;
}

/** A clock that is set by hand; waiting takes no time. */
export function openHandClock(start: number) {
  let now = start;
  return {
    now: () => new Date(now),
    wait: async () => {},
    random: () => 0.5,
    pass(milliseconds: number): void {
      now += milliseconds;
    },
  };
}
