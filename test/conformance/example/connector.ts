import { createHash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import type {
  AudienceDestination,
  ConnectorIo,
  Echo,
  Outcome,
  Pushed,
  Truth,
  Write,
} from '../../../lib/connectors/contract.ts';
import type { WebhookSource } from '../../../lib/connectors/contract-deliveries.ts';
import { type AnyConnector, defineConnector, defineStream } from '../../../lib/connectors/define.ts';
import { fieldEchoes, fieldTargets } from '../../../lib/connectors/define-field.ts';
import type { Change } from '../../../lib/domain/change.ts';
import { TributaryError } from '../../../lib/domain/errors.ts';
import type { Json } from '../../../lib/domain/json.ts';
import type { Mapping } from '../../../lib/domain/mapping.ts';
import { levels, levelTarget, levelWrite } from './field-values.ts';
import type { Api, Flaw } from './flaw.ts';

const person = z.object({
  id: z.string(),
  email: z.string(),
  changedAt: z.string(),
  unsubscribed: z.boolean(),
  groups: z.array(z.string()),
  level: z.string().nullable(),
});
const cursor = z.object({ v: z.literal(1), at: z.string(), id: z.string() });
const group = z.object({ group: z.string() });
const secretSchema = z.strictObject({ api_key: z.string(), webhook_secret: z.string() });
type Secret = z.infer<typeof secretSchema>;

/** A whole, correct connector for the example vendor, or one with exactly one flaw. */
export function exampleConnector(flaw?: Flaw): AnyConnector {
  const shared: { api?: Api } = {};
  return defineConnector<unknown, Secret, Api>({
    manifest: {
      id: 'example',
      title: 'Example',
      vendorApi: { version: '1', docs: 'https://example.com/docs' },
      limits: { maxConcurrency: 2, evidence: { source: 'https://example.com/limits', readOn: '2026-11-01' } },
    },
    config: z.strictObject({ list: z.string() }),
    secret: secretSchema,
    connect: async ({ endpoint = 'https://example.com', secret }, io) => {
      const api = openApi(endpoint, secret.api_key, io, flaw);
      if (flaw === 'connections share a client') shared.api = api;
      return flaw === 'connections share a client'
        ? { ...api, call: (method, path, body) => (shared.api ?? api).call(method, path, body) }
        : api;
    },
    check: async (api) => ({ account: z.object({ name: z.string() }).parse(await api.call('GET', '/account')).name }),
    streams: [people(flaw)],
    webhook: webhook(flaw),
    audiences: audiences(flaw),
    fieldValues: levels(flaw),
    echoes: echoes(flaw),
  });
}

const traits: NonNullable<Mapping['traits']> = { groups: { from: 'groups' }, level: { from: 'level' } };

function people(flaw: Flaw | undefined) {
  return defineStream<Api, z.infer<typeof person>, z.infer<typeof cursor>>({
    name: 'people',
    record: person,
    cursor: flaw === 'cursor of any version is taken' ? z.any() : cursor,
    mappings: {
      person: {
        version: 1,
        object: 'person',
        subject: 'person',
        id: ['id'],
        at: ['changedAt'],
        identifiers: [{ type: 'email', from: 'email' }],
        traits,
      },
    },
    async *read(api, from, { pageSize = 100, signal, now }) {
      let at = from?.at ?? '';
      let id = from?.id ?? '';
      const before = now.toISOString();
      while (flaw === 'abort is ignored' || !signal.aborted) {
        const query = new URLSearchParams({ at, id, before, limit: String(pageSize) });
        let page = peopleIn(await api.call('GET', `/people?${query}`), flaw);
        const last = page.at(-1);
        if (last === undefined) return;
        if (flaw === 'unreadable record is dropped') page = page.filter((one) => person.safeParse(one).success);
        if (flaw === 'address in the log') api.io.log('read', { last: String(last.email) });
        at = last.changedAt;
        id = flaw === 'cursor is a time without a tie-breaker' ? '\uffff' : last.id;
        if (flaw === 'checkpoint runs ahead of its page') id = `${id.slice(0, -1)}9`;
        yield {
          mapping: 'person',
          records: page,
          checkpoint: { v: 1, at, id: flaw === 'cursor repeats its own instant' ? '' : id },
        };
      }
    },
    reread: async (api, ids) => {
      const records = await Promise.all(ids.map((id) => api.call('GET', `/person?id=${id}`)));
      return { mapping: 'person', records, checkpoint: { v: 1, at: '', id: '' } };
    },
  });
}

const stamped = z.array(z.looseObject({ id: z.string(), changedAt: z.string() }));

function peopleIn(answer: unknown, flaw: Flaw | undefined) {
  const read = stamped.safeParse(answer);
  if (read.success) return read.data;
  if (flaw === 'a renamed field is at a loss') throw read.error;
  throw new TributaryError('transient', 'example/unreadable-answer', 'people are told in an unknown form');
}

function webhook(flaw: Flaw | undefined): WebhookSource<unknown, Secret> {
  return {
    proof: 'url-secret',
    verify: ({ query }, _config, secret) => {
      const given = query.secret;
      if (flaw === 'webhook is not verified') return { ok: true };
      if (given === undefined) return { ok: false, reason: 'missing-proof' };
      const [left, right] = [given, secret.webhook_secret].map((value) => createHash('sha256').update(value).digest());
      const same = left !== undefined && right !== undefined && timingSafeEqual(left, right);
      return same ? { ok: true } : { ok: false, reason: 'bad-proof' };
    },
    parse: ({ body }, connection) => {
      const id = new URLSearchParams(new TextDecoder().decode(body)).get('person');
      if (id === null)
        throw new TributaryError('rejected', 'example/unreadable-delivery', 'a delivery names no person');
      const deliveryId = flaw === 'delivery key is random' ? String(Math.random()) : `${connection}:${id}`;
      if (flaw !== 'webhook is the truth') return [{ deliveryId, hint: { stream: 'people', ids: [id] } }];
      return [
        {
          deliveryId,
          change: { kind: 'gone', fragment: `${connection}:person:${id}`, at: '2026-11-21T08:00:00.000Z' },
        },
      ];
    },
  };
}

function audiences(flaw: Flaw | undefined): AudienceDestination<Api> {
  return {
    target: group,
    matchKeys: [{ type: 'email', hash: 'none' }],
    batch: { maxMembers: 50 },
    canRemove: true,
    ensure: async (api, target) => {
      const name = group.parse(target).group;
      const groups = z.array(z.object({ id: z.string(), name: z.string() })).parse(await api.call('GET', '/groups'));
      const found = flaw === 'ensure always makes' ? undefined : groups.find((one) => one.name === name);
      const made = found ?? z.object({ id: z.string() }).parse(await api.call('POST', '/groups', { name }));
      return { remoteId: made.id };
    },
    apply: async (api, { remoteId, op, members, target, notes }) => {
      const { group: name = '' } = group.partial().parse(target ?? {});
      const people = flaw === 'every echo is ours' ? ['anybody'] : members.map(({ keys: [key] }) => key?.value ?? '');
      if (flaw !== 'writes are not noted') await notes?.asked(people.map((email) => groupWrite(email, name)));
      const answered = z.array(z.object({ email: z.string(), answer: z.string() })).parse(
        await api.call('POST', `/members?group=${remoteId}`, {
          op,
          emails: members.map(({ keys: [key] }) => key?.value),
        }),
      );
      const answers = new Map(answered.map(({ email, answer }) => [email, answer]));
      const outcomes = new Map<string, Outcome>();
      for (const { memberId, keys } of members) {
        const answer = answers.get(keys[0]?.value ?? '');
        if (answer === 'unknown' && flaw === 'stranger has no outcome') continue;
        outcomes.set(memberId, flaw === 'batch is all applied' ? { status: 'applied' } : outcomeOf(answer));
      }
      return { state: 'done', outcomes, calls: 1 };
    },
    truth: truth(flaw),
  };
}

function truth(flaw: Flaw | undefined): Truth<Api> {
  const people = z.array(z.object({ email: z.string(), unsubscribed: z.boolean() }));
  return {
    find: async (api, target) => {
      const { group: name } = group.parse(target);
      const groups = z.array(z.object({ id: z.string(), name: z.string() })).parse(await api.call('GET', '/groups'));
      const found = groups.find((one) => one.name === name);
      if (found !== undefined) return { remoteId: found.id };
      if (flaw !== 'looking makes a list') return undefined;
      return { remoteId: z.object({ id: z.string() }).parse(await api.call('POST', '/groups', { name })).id };
    },
    async *members(api, remoteId) {
      const emails = z.array(z.string()).parse(await api.call('GET', `/members?group=${remoteId}`));
      const seen = flaw === 'list ends early' ? emails.slice(0, -1) : emails;
      yield { members: seen.map((value) => ({ keys: [{ type: 'email', value }], standing: 'reachable' })) };
    },
    standing: async (api, members) => {
      const query = new URLSearchParams({ at: '', id: '', before: '9', limit: '1000' });
      const known = new Map(people.parse(await api.call('GET', `/people?${query}`)).map((one) => [one.email, one]));
      const found = members.flatMap(({ memberId, keys: [key] }) => {
        const one = known.get(key?.value ?? '');
        return one === undefined ? [] : [[memberId, one.unsubscribed ? 'unsubscribed' : 'reachable'] as const];
      });
      return new Map(found);
    },
  };
}

/** Groups that people are in, and their levels, come back with them; those that we set are ours. */
function echoes(flaw: Flaw | undefined) {
  return (change: Change, { targets }: Pushed<unknown>): readonly Echo[] => {
    const [address] = change.kind === 'profile' ? (change.identifiers ?? []) : [];
    const ofLevels = fieldTargets(levelTarget, targets).map(({ field }) =>
      fieldEchoes(change, { traits }, { path: field }, (_, value) => levelWrite(field, address?.value ?? '', value)),
    );
    return [...ofLevels.flat(), ...ofGroups(change)];
  };

  function ofGroups(change: Change): readonly Echo[] {
    const groups = change.kind === 'profile' ? change.traits?.groups : undefined;
    if (!Array.isArray(groups) || change.kind !== 'profile') return [];
    const id = change.identifiers?.find(({ type }) => type === 'email')?.value ?? '';
    return groups.flatMap((name: Json) =>
      typeof name === 'string'
        ? [
            {
              writes: [groupWrite(flaw === 'every echo is ours' ? 'anybody' : id, name)],
              of: { trait: 'groups', element: name },
            },
          ]
        : [],
    );
  }
}

function groupWrite(email: string, name: string): Write {
  return { object: 'person', id: email, field: `group ${name}`, value: true };
}

function outcomeOf(answer: string | undefined): Outcome {
  if (answer === 'done') return { status: 'applied' };
  if (answer === 'same') return { status: 'unchanged' };
  if (answer === 'unknown') return { status: 'unmatched' };
  return answer === undefined ? { status: 'retry', code: 'no-answer' } : { status: 'refused', code: answer };
}

function openApi(endpoint: string, key: string, io: ConnectorIo, flaw: Flaw | undefined): Api {
  let calls = 0;
  return { io, calls: () => calls, call };

  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    if (flaw !== 'nobody is asked') await io.calls.ask();
    calls += 1;
    try {
      const response = await io.fetch(`${endpoint}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw refusal(method, response.status);
      return await response.json();
    } catch (thrown) {
      if (thrown instanceof TributaryError || flaw === 'a broken line is a defect') throw thrown;
      throw new TributaryError('transient', 'example/unreachable', `${method} got no answer that can be read`);
    }
  }

  function refusal(method: string, status: number): TributaryError {
    const said = `${method} answered ${status}${flaw === 'secret in the error' ? ` to ${key}` : ''}`;
    if (status === 401) return new TributaryError('auth', 'example/bad-key', said);
    if (status === 403 && flaw !== 'a missing permission may pass') {
      return new TributaryError('auth', 'example/no-permission', said);
    }
    if (status === 429) return new TributaryError('rate-limited', 'example/busy', said, { retryAfterMs: 1 });
    const kind = flaw === 'server error is a rejection' ? 'rejected' : 'transient';
    return new TributaryError(kind, 'example/unavailable', said);
  }
}
