import type { Imports } from '../lib/connectors/contract.ts';
import type { AnyConnector } from '../lib/connectors/define.ts';
import type { Json } from '../lib/domain/json.ts';
import type { ConsentRule, Mapping, Rule } from '../lib/domain/mapping.ts';
import { code, type Row, table } from './markdown-table.ts';

/** The README's table: what each connector can do. Facets that a connector lacks stay empty. */
export function connectorTable(connectors: Readonly<Record<string, AnyConnector>>): string {
  const rows = Object.values(connectors).map(
    ({ manifest, streams, imports, webhook, audiences, fieldValues }): Row => [
      `[${manifest.title}](docs/connectors/${manifest.id}.md)`,
      [
        ...streams.map(({ name, figures }) => (figures === true ? `${name} (figures)` : name)),
        ...(imports === undefined ? [] : ['rows of files, imported or dropped in the bucket']),
      ].join(', '),
      webhook === undefined ? '' : 'yes',
      audiences === undefined ? '' : `by ${audiences.matchKeys.map(({ type }) => code(type)).join(', ')}`,
      fieldValues === undefined ? '' : 'yes',
    ],
  );
  return table(['tool', 'streams that are read', 'webhook', 'lists that are kept', 'fields that are kept'], rows);
}

/** What a connector's page says from its manifest and mappings alone. */
export function connectorPage(connector: AnyConnector): string {
  const { imports, streams } = connector;
  if (imports !== undefined && streams.length === 0) return importPage(connector, imports);
  if (imports !== undefined) {
    const rows = importPage(connector, imports);
    return [factsOf(connector), '### Streams\n', streamTable(connector), '### Rows of files\n', rows].join('\n');
  }
  const mappings = connector.streams.flatMap(({ mappings }) => Object.values(mappings));
  const parts = [
    factsOf(connector),
    '### Streams\n',
    streamTable(connector),
    '### Identifiers\n',
    identifierTable(mappings),
    '### Traits\n',
    traitTable(mappings),
    consentTable(mappings),
    activityTable(mappings),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** What a workspace maps by itself is told by its own mapping; what a connector knows of its rows is told here. */
function importPage({ manifest, config, mappingsOf }: AnyConnector, imports: Imports): string {
  const facts = importFacts(manifest, imports);
  const settings = config.safeParse({});
  if (!settings.success) return facts;
  const mappings = mappingsOf?.(settings.data) ?? [];
  return [facts, '### Identifiers\n', identifierTable(mappings), activityTable(mappings, 'once')].join('\n');
}

function importFacts({ id, limits, signsIn }: AnyConnector['manifest'], { stream }: Imports): string {
  const rows: Row[] = [
    ...(signsIn === false ? [['`connector:`', code(id)]] : []),
    ['secret', signsIn === false ? 'none' : 'only where streams are read'],
    ['stream in the archive', code(stream)],
    ['batches of rows on their way at the same time', String(limits.maxConcurrency)],
    ...(signsIn === false ? [['webhook, audiences', 'none']] : []),
  ];
  return table(['what', 'here'], rows);
}

function factsOf({ manifest, webhook, events, audiences, fieldValues, echoes, erasure }: AnyConnector): string {
  const { limits, vendorApi } = manifest;
  const { source, readOn } = limits.evidence;
  const evidence = source.startsWith('http') ? `<${source}>` : source;
  const a = audiences;
  const rows: Row[] = [
    ['`connector:`', code(manifest.id)],
    ['API version', `${vendorApi.version} (<${vendorApi.docs}>)`],
    ['requests at the same time', `at most ${limits.maxConcurrency} for each account; ${evidence}, read on ${readOn}`],
    ['webhook', webhook === undefined ? 'none' : `proof: ${code(webhook.proof)}`],
    ...(events === undefined ? [] : [['events by bus', events.buses.map((one) => code(`${one}…`)).join(', ')]]),
    [
      'audiences match on',
      a === undefined ? 'none' : a.matchKeys.map(({ type, hash }) => keyOf(type, hash)).join(', '),
    ],
    ['members in one call', a === undefined ? 'none' : String(a.batch.maxMembers)],
    ...(a?.bulk === undefined
      ? []
      : [['members in one job', `${a.bulk.batch.maxMembers}, where more than ${a.bulk.above} change`]]),
    ['can remove members', a?.canRemove === true ? 'yes' : 'no'],
    ['tells whom it knows', a === undefined ? 'none' : a.writeOnly === true ? 'no' : 'yes'],
    [
      '`fields:` of an audience',
      a?.creates === undefined ? 'none: an addition makes no record' : `of a new ${a.creates.record}`,
    ],
    ['can list who is really there', seenOf(a?.truth)],
    ['keeps a field of people’s records', fieldFacts(fieldValues)],
    ['knows its own writes when they come back', echoes === undefined ? 'no' : 'yes'],
    ['can delete an erased person', erasure === undefined ? 'no' : `yes; by default \`erasure: ${erasure.byDefault}\``],
  ];
  return table(['what', 'here'], rows);
}

function fieldFacts(fields: AnyConnector['fieldValues']): string {
  if (fields === undefined) return 'no';
  const { maxMembers, callsEach } = fields.batch;
  const each = callsEach === undefined ? '' : `, and ${callsEach} more for each of them`;
  const keys = fields.matchKeys.map(({ type, hash }) => keyOf(type, hash)).join(', ');
  return `yes, by ${keys}; ${maxMembers} members at a time${each}`;
}

function seenOf(truth: NonNullable<AnyConnector['audiences']>['truth']): string {
  if (truth?.members !== undefined) return 'yes';
  return truth?.size === undefined ? 'no' : 'only how many';
}

function keyOf(type: string, hash: string): string {
  return hash === 'none' ? code(type) : `${code(type)} as ${hash}`;
}

function streamTable({ streams }: AnyConnector): string {
  const rows = streams.map(({ name, mappings, reread, figures }): Row => {
    if (figures === true) return [code(name), 'figures, which are nobody’s', ''];
    const all = Object.values(mappings);
    const subjects = [...new Set(all.map(({ object, subject }) => (subject === 'account' ? 'account' : object)))];
    const makes = [
      ...new Set(
        all.map(({ activity, subject }) => (activity ? 'activities' : subject === 'person' ? 'people' : 'accounts')),
      ),
    ];
    return [code(name), `${makes.join(', ')} of ${subjects.join(', ')}`, reread === undefined ? '' : 'yes'];
  });
  return table(['stream', 'makes', 'single records can be read again'], rows);
}

function identifierTable(mappings: readonly Mapping[]): string {
  const rows = mappings.flatMap(({ object, identifiers }) =>
    (identifiers ?? []).map(({ type, from }) => [code(type), object, code(from)]),
  );
  return table(['identifier', 'record', 'field'], distinct(rows));
}

function traitTable(mappings: readonly Mapping[]): string {
  const rows = mappings.flatMap(({ object, subject, traits }) =>
    Object.entries(traits ?? {}).map(([trait, rule]) => [
      code(trait),
      subject === 'account' ? 'account' : object,
      ruleText(rule),
    ]),
  );
  return table(['trait', 'record', 'field'], distinct(rows));
}

function consentTable(mappings: readonly Mapping[]): string {
  const rows = mappings.flatMap(({ object, consent }) => (consent ?? []).map((rule) => consentRow(object, rule)));
  if (rows.length === 0) return '';
  return `### Consent\n\n${table(['channel or purpose', 'record', 'field', 'granted', 'denied', 'whose word'], distinct(rows))}`;
}

function consentRow(object: string, { topic, from, granted, denied, by }: ConsentRule): Row {
  return [code(topic), object, code(from), valuesOf(granted), valuesOf(denied), `the ${by}'s`];
}

/** `once`: activities of one mapping have the same properties, which are told with the first of them. */
function activityTable(mappings: readonly Mapping[], told: 'each' | 'once' = 'each'): string {
  const rows = mappings.flatMap(({ activity }) => {
    if (activity === undefined) return [];
    const { name, properties = {} } = activity;
    const names =
      typeof name === 'string' ? [[name, '']] : Object.entries(name.names).map(([value, to]) => [to, value]);
    const all = Object.keys(properties).map(code).join(', ');
    const field = typeof name === 'string' ? undefined : name.from;
    return names.map(([to = '', value = ''], index) => [
      to,
      field === undefined ? '' : `${code(field)} ${quoted(value)}`,
      told === 'once' && index > 0 ? 'the same' : all,
    ]);
  });
  if (rows.length === 0) return '';
  return `### Activities\n\n${table(['activity', 'where', 'properties'], distinct(rows))}`;
}

function ruleText(rule: Rule): string {
  if ('literal' in rule) return `always ${quoted(rule.literal)}`;
  return rule.as === undefined || rule.as === 'string' ? code(rule.from) : `${code(rule.from)}, as ${rule.as}`;
}

function valuesOf(values: readonly Json[]): string {
  return values.map(quoted).join(', ');
}

function quoted(value: Json): string {
  return value === '' ? 'is empty' : code(typeof value === 'string' ? value : JSON.stringify(value));
}

function distinct(rows: readonly Row[]): Row[] {
  return [...new Map(rows.map((row) => [row.join('|'), row])).values()];
}
