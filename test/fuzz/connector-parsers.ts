import type { RawRequest } from '../../lib/connectors/contract-deliveries.ts';
import type { AnyConnector } from '../../lib/connectors/define.ts';
import { TributaryError } from '../../lib/domain/errors.ts';
import type { Json } from '../../lib/domain/json.ts';
import { loadScenario } from '../conformance/registered.ts';
import type { Scenario, WebhookScenario } from '../conformance/scenario.ts';
import { corpusJson, fixtureRecords } from './corpus.ts';
import { ofJson, ofJsonBytes, ofText, type Parser } from './parser.ts';

const CONNECTION = 'crm';

/**
 * What each connector reads of a vendor's: deliveries, events, records of every stream, cursors. By the registry, with the
 * sound input of the connector's scenario and fixtures, so that a new connector is among them from its first test on.
 */
export async function connectorParsers(connectors: Readonly<Record<string, AnyConnector>>): Promise<readonly Parser[]> {
  const all: Parser[] = [];
  for (const [id, connector] of Object.entries(connectors))
    all.push(...parsersOf(id, connector, await loadScenario(id)));
  return all;
}

/** The names of the parsers that a connector must have here, by its facets alone. */
export function namesFor(id: string, { streams, webhook, events, imports }: AnyConnector): readonly string[] {
  return [
    ...(webhook === undefined ? [] : [`${id}: deliveries`, `${id}: deliveries of anybody`]),
    ...(events === undefined ? [] : [`${id}: events`]),
    ...(imports === undefined ? [] : [`${id}: rows`]),
    // Figures are read from whole answers, and no record of them is ever mapped again.
    ...streams.flatMap(({ name, figures }) => [
      ...(figures === true ? [] : [`${id}: records of ${name}`]),
      `${id}: cursors of ${name}`,
    ]),
  ];
}

function parsersOf(id: string, connector: AnyConnector, scenario: Scenario): readonly Parser[] {
  const config = settingsOf(connector, scenario);
  const { webhook, events, imports } = connector;
  const parsers: Parser[] = [];
  if (webhook !== undefined && scenario.webhook !== undefined) {
    const secret = connector.secret.safeParse(scenario.secret);
    const sent = [
      scenario.webhook.signed,
      ...(scenario.webhook.meaningless === undefined ? [] : [scenario.webhook.meaningless]),
    ];
    const bodies = sent.map(({ body }) => Buffer.from(body));
    const asSent = (body: Uint8Array): RawRequest => requestOf(scenario.webhook?.signed, body);
    parsers.push(
      ofJsonBytes(`${id}: deliveries`, bodies, (body) => webhook.parse(asSent(body), CONNECTION, config)),
      // Before anything is proven: what it says must not be believed.
      ofJsonBytes(`${id}: deliveries of anybody`, bodies, (body) => {
        const text = Buffer.from(body).toString('utf8');
        const noProof = {
          ...asSent(body),
          headers: { host: text.slice(0, 50), 'content-type': 'application/json' },
          query: { secret: text.slice(0, 40) },
        };
        const verified = webhook.verify(noProof, config, secret.success ? secret.data : {}, new Date(0));
        if (verified.ok) throw new Error('a delivery without a proof was believed');
        return [
          verified,
          webhook.handshake?.(
            { ...noProof, query: { 'hub.challenge': text, challengeCode: text } },
            config,
            secret.success ? secret.data : {},
          ),
        ];
      }),
    );
  }
  if (events !== undefined && scenario.events !== undefined) {
    const sound = [...scenario.events.usable, ...scenario.events.unusable].map(({ detail }) => detail);
    parsers.push(
      ofJson(`${id}: events`, sound, (detail) =>
        events.parse({ id: 'e1', source: 'bus', detailType: 'T', detail }, CONNECTION, config),
      ),
    );
  }
  if (imports !== undefined && scenario.imports !== undefined) {
    const { records, unusable } = scenario.imports;
    const open = imports.open(config);
    parsers.push(ofJson(`${id}: rows`, [...records, ...unusable], (record) => open.map(record, CONNECTION)));
  }
  const mapped = connector.streams.filter(({ figures }) => figures !== true);
  const records = mapped.length === 0 ? [] : [...fixtureRecords(id), ...deliveredRecords(scenario)];
  for (const stream of mapped) {
    parsers.push(
      ofJson(`${id}: records of ${stream.name}`, records, (record) =>
        Object.keys(stream.mappings).map((mapping) => stream.remap([{ mapping, record }], CONNECTION, config)),
      ),
    );
  }
  for (const stream of connector.streams) {
    parsers.push(
      ofText(`${id}: cursors of ${stream.name}`, cursors, async (text) => {
        const options = { signal: new AbortController().signal, now: new Date(0) };
        const pages = stream.read(nobody(config), CONNECTION, jsonOr(text), options)[Symbol.asyncIterator]();
        return await pages.next().catch((thrown: unknown) => {
          // A cursor that can be read leads on to the vendor, who is not there.
          if (thrown instanceof NobodyThere) return 'read';
          throw thrown;
        });
      }),
    );
  }
  return parsers;
}

/** What the scenario's deliveries hold: of tools whose records come no other way. */
function deliveredRecords({ webhook }: Scenario): readonly Json[] {
  try {
    return webhook === undefined ? [] : [JSON.parse(webhook.signed.body) as Json];
  } catch {
    return []; // A form or XML.
  }
}

const cursors = corpusJson('cursors').flatMap((list) => (list as readonly Json[]).map((one) => JSON.stringify(one)));

function jsonOr(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

class NobodyThere extends Error {}

/** In the place of a vendor's client: it has settings, and every call of it says that nobody is there. */
function nobody(config: unknown): unknown {
  const call: object = new Proxy(() => {}, {
    get: (_, name) => (name === 'config' ? config : name === 'then' ? undefined : call),
    apply: () => {
      throw new NobodyThere('a call of nobody');
    },
  });
  return call;
}

function settingsOf(connector: AnyConnector, { config }: Scenario): unknown {
  const parsed = connector.config.safeParse(config);
  if (!parsed.success) throw new TributaryError('defect', 'test/settings', 'the settings of a scenario do not fit');
  return parsed.data;
}

function requestOf(signed: WebhookScenario['signed'] | undefined, body: Uint8Array): RawRequest {
  const { method = 'POST', path = '/', query = {}, headers = {} } = signed ?? {};
  return { method, path, query, headers, body };
}
