import { createServer, type IncomingMessage } from 'node:http';
import type { Simulator } from '../scenario.ts';

export const API_KEY = 'example-key-5f3a9c';

interface Person {
  readonly id: string;
  readonly email: unknown;
  readonly changedAt: string;
  readonly unsubscribed: boolean;
  readonly groups: readonly string[];
  readonly level: string | null;
}

/** The smallest vendor that the suite can be tried on: people in order of change, and groups of e-mail addresses. */
export interface ExampleVendor extends Simulator {
  readonly people: Map<string, Person>;
  readonly groups: Map<string, { readonly name: string; readonly emails: Set<string> }>;
  /** Fields that people's records have, beside those that all records have. */
  readonly fields: Set<string>;
  put(id: string, email: unknown, options?: { readonly unsubscribed?: boolean }): void;
  /** Puts a person into a group or takes them out of it: the record changes. */
  move(group: string, email: string, into: boolean): void;
  /** Sets a person's level: the record changes. */
  setLevel(email: string, level: string | null): void;
  /** Answers the next write with this status. */
  failNext(status: number): void;
  /** Leaves this address out of the next write, and out of its answer. */
  silenceNext(email: string): void;
}

/** Starts it on a free loopback port. */
export async function startExampleVendor(now: () => Date): Promise<ExampleVendor> {
  const people: ExampleVendor['people'] = new Map();
  const groups: ExampleVendor['groups'] = new Map();
  const fields = new Set(['level']);
  const next: { status?: number | undefined; silent?: string | undefined } = {};

  const routes: Readonly<Record<string, (url: URL, body: Body) => Answer>> = {
    'GET /account': () => ({ status: 200, body: { name: 'Example Ltd' } }),
    'GET /people': (url) => ({ status: 200, body: listPeople([...people.values()], url.searchParams) }),
    'GET /person': (url) => ({ status: 200, body: people.get(text(url, 'id')) ?? null }),
    'POST /groups': (_url, { name }) => {
      const id = `g${groups.size + 1}`;
      groups.set(id, { name: String(name), emails: new Set() });
      return { status: 200, body: { id } };
    },
    'GET /groups': () => ({ status: 200, body: [...groups].map(([id, { name }]) => ({ id, name })) }),
    'GET /members': (url) => ({ status: 200, body: [...(groups.get(text(url, 'group'))?.emails ?? [])] }),
    'GET /fields': () => ({ status: 200, body: [...fields] }),
    'POST /levels': (_url, body) => {
      const { status, silent } = takeNext();
      if (status !== undefined) return { status, body: {} };
      const heard = (body.emails as string[]).filter((email) => email !== silent);
      for (const email of heard) setLevel(email, body.level === null ? null : String(body.level));
      return { status: 200, body: heard };
    },
    'POST /members': (url, body) => {
      const { status, silent } = takeNext();
      if (status !== undefined) return { status, body: {} };
      const emails = groups.get(text(url, 'group'))?.emails ?? new Set();
      const heard = (body.emails as string[]).filter((email) => email !== silent);
      const known = new Map([...people.values()].map((person) => [person.email, person]));
      return {
        status: 200,
        body: heard.map((email) => {
          const answer = change(emails, known.get(email), email, body.op === 'add');
          if (answer === 'done') touch(email);
          return { email, answer };
        }),
      };
    },
  };

  function takeNext(): { readonly status?: number | undefined; readonly silent?: string | undefined } {
    const taken = { ...next };
    next.status = undefined;
    next.silent = undefined;
    return taken;
  }

  function setLevel(email: string, level: string | null): void {
    for (const person of people.values()) {
      if (person.email === email) people.set(person.id, { ...person, level, changedAt: now().toISOString() });
    }
  }

  /** A person's record names the groups they are in, and changes with them. */
  function touch(email: string): void {
    for (const person of people.values()) {
      if (person.email !== email) continue;
      const held = [...groups.values()].filter(({ emails }) => emails.has(email)).map(({ name }) => name);
      people.set(person.id, { ...person, groups: held, changedAt: now().toISOString() });
    }
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const route = routes[`${request.method} ${url.pathname}`];
    const allowed = request.headers.authorization === `Bearer ${API_KEY}`;
    const answer = !allowed
      ? { status: 401, body: {} }
      : (route?.(url, await read(request)) ?? { status: 404, body: {} });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    people,
    groups,
    fields,
    setLevel,
    put: (id, email, { unsubscribed = false } = {}) =>
      void people.set(id, { id, email, changedAt: now().toISOString(), unsubscribed, groups: [], level: null }),
    move(group, email, into) {
      const found = [...groups.values()].find(({ name }) => name === group);
      if (into) found?.emails.add(email);
      else found?.emails.delete(email);
      touch(email);
    },
    failNext: (status) => {
      next.status = status;
    },
    silenceNext: (email) => {
      next.silent = email;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

type Body = Readonly<Record<string, unknown>>;
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

function listPeople(people: readonly Person[], query: URLSearchParams): readonly Person[] {
  const [at, id, before] = [query.get('at') ?? '', query.get('id') ?? '', query.get('before') ?? ''];
  return people
    .filter((one) => one.changedAt < before && (one.changedAt > at || (one.changedAt === at && one.id > id)))
    .sort((a, b) => (a.changedAt === b.changedAt ? (a.id < b.id ? -1 : 1) : a.changedAt < b.changedAt ? -1 : 1))
    .slice(0, Number(query.get('limit')));
}

function change(emails: Set<string>, person: Person | undefined, email: string, add: boolean): string {
  if (person === undefined) return 'unknown';
  if (person.unsubscribed && add) return 'unsubscribed';
  if (emails.has(email) === add) return 'same';
  if (add) emails.add(email);
  else emails.delete(email);
  return 'done';
}

function text(url: URL, name: string): string {
  return url.searchParams.get(name) ?? '';
}

async function read(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body);
}
