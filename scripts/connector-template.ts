import { type Asked, camel, pascal } from './connector-names.ts';
import { testFiles } from './connector-test-template.ts';

/**
 * The files of a new connector by path: they type-check, they run against a simulated tool that answers nothing yet, and
 * the conformance suite fails with what is left to do, each with the file to write it in.
 */
export function connectorFiles(asked: Asked, today: Date): Readonly<Record<string, string>> {
  const { id, streams, webhook, audiences } = asked;
  const folder = `lib/connectors/${id}`;
  const files: Record<string, string> = {
    [`${folder}/manifest.ts`]: manifest(asked, today.toISOString().slice(0, 10)),
    [`${folder}/config.ts`]: config(asked),
    [`${folder}/client.ts`]: client(asked),
    [`${folder}/errors.ts`]: errors(asked),
    [`${folder}/index.ts`]: index(asked),
    [`${folder}/README.md`]: readme(asked),
    [`docs/connectors/${id}.md`]: page(asked),
  };
  for (const name of streams) files[`${folder}/${name}.stream.ts`] = stream(asked, name);
  if (webhook) files[`${folder}/webhook.ts`] = hook(asked);
  if (audiences) files[`${folder}/audiences.ts`] = destination(asked);
  return { ...files, ...testFiles(asked) };
}

function manifest({ id, title }: Asked, today: string): string {
  return `import type { Manifest } from '../contract.ts';

export const manifest: Manifest = {
  id: '${id}',
  title: '${title}',
  vendorApi: { version: '1', docs: 'https://${id}.example.com/docs' },
  limits: {
    maxConcurrency: 1,
    // Where the tool states its limits, and the day on which you read it.
    evidence: { source: '', readOn: '${today}' },
  },
};
`;
}

function config({ title, webhook }: Asked): string {
  const proof = webhook
    ? `\n  webhook_secret: z.string().min(16, 'expected at least 16 random characters').optional(),`
    : '';
  return `import * as z from 'zod';

/** What an operator says about a ${title} connection in tributary.yaml. */
export const config = z.strictObject({});

/** What the secret of a ${title} connection holds. */
export const secret = z.strictObject({
  api_key: z.string('expected the API key').min(1, 'expected the API key'),${proof}
});

export type Config = z.infer<typeof config>;
export type Secret = z.infer<typeof secret>;
`;
}

function client({ id, title }: Asked): string {
  return `import type * as z from 'zod';
import type { ConnectionInput, ConnectorIo } from '../contract.ts';
import { jsonIn, openRequests } from '../requests.ts';
import type { Config, Secret } from './config.ts';
import { failureOf, networkError, unreadableAnswer } from './errors.ts';
import { manifest } from './manifest.ts';

/** The few calls of ${title} that are used. */
export interface ${pascal(id)}Client {
  /** Sends a request and gives its answer in the form that was asked for. Throws TributaryError as errors.ts says. */
  call<T>(form: z.ZodType<T>, method: 'GET' | 'POST', path: string, body?: unknown): Promise<T>;
}

/** A fresh client: nothing is shared between connections. */
export function open${pascal(id)}({ endpoint, secret }: ConnectionInput<Config, Secret>, io: ConnectorIo): ${pascal(id)}Client {
  const base = endpoint ?? new URL(manifest.vendorApi.docs).origin;
  const requests = openRequests(io, networkError);
  return {
    async call(form, method, path, body) {
      const what = \`\${method} \${path.split('?')[0]}\`;
      const answer = await requests.send(\`\${base}\${path}\`, {
        method,
        headers: { authorization: \`Bearer \${secret.api_key}\`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw failureOf(answer, what);
      const found = form.safeParse(jsonIn(answer.text()));
      if (!found.success) throw unreadableAnswer(what);
      return found.data;
    },
  };
}
`;
}

function errors({ id, title }: Asked): string {
  return `import type { TributaryError } from '../../domain/errors.ts';
import { type Answer, errorOf, type Failure, networkErrors, unreadableAnswers } from '../requests.ts';

/** Status → who acts, and what it means. Each code has a heading in docs/errors.md. */
const statuses: Readonly<Record<number, Failure>> = {
  401: { kind: 'auth', code: '${id}/sign-in-refused', says: '${title} refused the API key; check the secret' },
  403: { kind: 'auth', code: '${id}/no-permission', says: '${title} does not permit it; give the API key more rights' },
  404: { kind: 'config', code: '${id}/not-found', says: '${title} does not know what was asked for' },
  429: { kind: 'rate-limited', code: '${id}/throttled', says: '${title} asked us to slow down' },
  500: { kind: 'transient', code: '${id}/unavailable', says: '${title} could not answer' },
  503: { kind: 'transient', code: '${id}/unavailable', says: '${title} could not answer' },
};
const unclassified: Failure = {
  kind: 'defect',
  code: '${id}/unclassified',
  says: '${title} gave an answer that lib/connectors/${id}/errors.ts does not know',
};

/** What an answer that is no success means. \`request\` names no person. */
export function failureOf({ status, waitMs }: Answer, request: string): TributaryError {
  return errorOf(statuses[status] ?? unclassified, \`HTTP \${status} to \${request}\`, waitMs);
}

export const networkError = networkErrors('${title}', {
  stopped: '${id}/stopped',
  unreachable: '${id}/unreachable',
});
export const unreadableAnswer = unreadableAnswers('${title}', '${id}/unreadable-answer');
`;
}

function stream({ id, title, streams, webhook }: Asked, name: string): string {
  const client = `${pascal(id)}Client`;
  // The webhook of hook() hints at the first stream.
  const isHinted = webhook && name === streams[0];
  const again = `
  async reread(api, ids) {
    const asked = ids.map((id) => api.call(single, 'GET', \`/${name}/\${encodeURIComponent(id)}\`));
    const found = await Promise.all(asked.map((one) => unless('${id}/not-found', one)));
    const records = found.filter((one) => one !== undefined);
    return { mapping: 'contact', records, checkpoint: { v: 1, at: '', id: '' } };
  },`;
  return `import * as z from 'zod';
import { defineStream } from '../define.ts';
${isHinted ? "import { unless } from '../requests.ts';\n" : ''}import type { ${client} } from './client.ts';

/** A record as ${title} sends it; what does not fit is quarantined. */
const record = z.looseObject({ id: z.string(), email: z.string(), changed_at: z.iso.datetime({ offset: true }) });
/** A time alone loses records of one instant: the id breaks the tie. */
const cursor = z.strictObject({ v: z.literal(1), at: z.string(), id: z.string() });
const single = z.looseObject({ id: z.string(), changed_at: z.string() });
const page = z.array(single);

export const ${camel(name)} = defineStream<${client}, z.infer<typeof record>, z.infer<typeof cursor>>({
  name: '${name}',
  record,
  cursor,
  mappings: {
    contact: {
      version: 1,
      object: 'contact',
      subject: 'person',
      id: ['id'],
      at: ['changed_at'],
      identifiers: [{ type: 'email', from: 'email' }],
      traits: {},
    },
  },
  async *read(api, from, { pageSize = 100, signal, now }) {
    let { at, id } = from ?? { at: '', id: '' };
    while (!signal.aborted) {
      const query = new URLSearchParams({ at, id, before: now.toISOString(), limit: String(pageSize) });
      const records = await api.call(page, 'GET', \`/${name}?\${query}\`);
      const last = records.at(-1);
      if (last === undefined) return;
      ({ changed_at: at, id } = last);
      yield { mapping: 'contact', records, checkpoint: { v: 1, at, id } };
    }
  },${isHinted ? again : ''}
});
`;
}

function hook({ id, streams }: Asked): string {
  return `import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import type { WebhookSource } from '../contract-deliveries.ts';
import type { Config, Secret } from './config.ts';

const body = z.object({ delivery: z.string(), id: z.string() });

/** Proof first, on the raw bytes; a delivery is a hint to read the record again. */
export const webhook: WebhookSource<Config, Secret> = {
  proof: 'hmac',
  verify({ headers, body: bytes }, _config, { webhook_secret: key }) {
    const given = headers['x-signature'];
    if (given === undefined || key === undefined) return { ok: false, reason: 'missing-proof' };
    const expected = createHmac('sha256', key).update(bytes).digest();
    const found = Buffer.from(given, 'hex');
    return found.length === expected.length && timingSafeEqual(found, expected)
      ? { ok: true }
      : { ok: false, reason: 'bad-proof' };
  },
  parse({ body: bytes }, connection) {
    const parsed = body.safeParse(readJson(bytes));
    if (!parsed.success) {
      throw new TributaryError('rejected', '${id}/unreadable-delivery', 'a delivery names no record');
    }
    const { delivery, id } = parsed.data;
    return [{ deliveryId: \`\${connection}:\${delivery}\`, hint: { stream: '${streams[0]}', ids: [id] } }];
  },
};

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // No JSON names no record, which the caller says.
  }
}
`;
}

function destination({ id, title }: Asked): string {
  return `import * as z from 'zod';
import type { AudienceDestination, Outcome } from '../contract.ts';
import type { ${pascal(id)}Client } from './client.ts';

const target = z.strictObject({ list: z.string('expected the name of a list').min(1) });
const lists = z.array(z.object({ id: z.string(), name: z.string() }));
const made = z.object({ id: z.string() });
const answers = z.record(z.string(), z.string());

/** ${title}'s word about a member → its outcome. What it did not say is left out, and tried again. */
const outcomes: Readonly<Record<string, Outcome>> = {
  done: { status: 'applied' },
  same: { status: 'unchanged' },
  unknown: { status: 'unmatched' },
};

/** Never subscribes, never unsubscribes, makes nobody known. */
export const audiences: AudienceDestination<${pascal(id)}Client> = {
  target,
  matchKeys: [{ type: 'email', hash: 'none' }],
  batch: { maxMembers: 100 },
  canRemove: true,
  async ensure(api, wanted) {
    const { list } = target.parse(wanted);
    const found = (await api.call(lists, 'GET', '/lists')).find(({ name }) => name === list);
    if (found !== undefined) return { remoteId: found.id };
    return { remoteId: (await api.call(made, 'POST', '/lists', { name: list })).id };
  },
  async apply(api, { remoteId, op, members }) {
    const emails = members.map(({ keys: [key] }) => key?.value ?? '');
    const said = await api.call(answers, 'POST', \`/lists/\${remoteId}/\${op}\`, { emails });
    const settled = members.flatMap(({ memberId, keys: [key] }): [string, Outcome][] => {
      const answer = said[key?.value ?? ''];
      return answer === undefined ? [] : [[memberId, outcomes[answer] ?? { status: 'refused', code: answer }]];
    });
    return { state: 'done', outcomes: new Map(settled), calls: 1 };
  },
};
`;
}

function index(asked: Asked): string {
  const { id, streams, webhook, audiences } = asked;
  const parts = [
    ...(audiences ? [`import { audiences } from './audiences.ts';`] : []),
    `import type { ${pascal(id)}Client } from './client.ts';`,
    `import { type Config, config, type Secret, secret } from './config.ts';`,
    ...streams.map((name) => `import { ${camel(name)} } from './${name}.stream.ts';`),
    `import { manifest } from './manifest.ts';`,
    ...(webhook ? [`import { webhook } from './webhook.ts';`] : []),
  ];
  return `import * as z from 'zod';
import { defineConnector } from '../define.ts';
${parts.join('\n')}

const account = z.object({ name: z.string() });

export const ${camel(id)} = defineConnector<Config, Secret, ${pascal(id)}Client>({
  manifest,
  config,
  secret,
  async connect(connection, io) {
    // Loaded on first use: functions that only check a webhook never pay for it.
    const { open${pascal(id)} } = await import('./client.ts');
    return open${pascal(id)}(connection, io);
  },
  async check(api) {
    const { name } = await api.call(account, 'GET', '/account');
    return { account: name };
  },
  streams: [${streams.map(camel).join(', ')}],${webhook ? '\n  webhook,' : ''}${audiences ? '\n  audiences,' : ''}
});
`;
}

function readme({ id, title, streams }: Asked): string {
  return `# ${title}

| ${title} says | we say |
| --- | --- |
${streams.map((name) => `| ${name} | record of a person: fragment \`<connection>:contact:<id>\` |`).join('\n')}

Setting up, limits, oddities: [docs/connectors/${id}.md](../../../docs/connectors/${id}.md).
`;
}

function page({ id, title }: Asked): string {
  return `# ${title}

## Setting up

1. In \`tributary.yaml\`:
   \`\`\`yaml
   ${camel(id)}:
     connector: ${id}
     streams: {}
   \`\`\`
2. The secret, as one JSON object: \`{ "api_key" }\`.

## Oddities

<!-- generated -->
<!-- /generated -->
`;
}
