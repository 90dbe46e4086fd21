import type {
  AccountChange,
  ActivityChange,
  Change,
  ConsentStatement,
  GoneChange,
  Identifier,
  ProfileChange,
  UnmergeChange,
  VoidedChange,
} from './change.ts';
import { parseInstant } from './instant.ts';
import { isJsonObject, type Json, type JsonObject, wellFormed } from './json.ts';

export type ParsedChange =
  | { readonly ok: true; readonly change: Change }
  | { readonly ok: false; readonly code: string; readonly reason: string };

const FRAGMENT = /^[^:\s]+:[^:\s]+:\S.*$/;
/** Bytes of an id: ids are parts of keys of the store, which takes 1,024 in the shortest. */
const MOST_ID_BYTES = 900;

/**
 * Reads a change from untrusted JSON, its texts well formed: they become keys of stores. Total; the reason names the field,
 * what was found and what was expected.
 */
export function parseChange(given: unknown): ParsedChange {
  const value = wellFormed(given as Json);
  if (!isJsonObject(value)) return bad('change/not-an-object', `expected a JSON object, found ${nameOf(value)}`);
  if (parseInstant(value.at) === undefined) {
    return bad('change/bad-instant', `at: expected an RFC 3339 instant, found ${nameOf(value.at)}`);
  }
  if (value.kind === 'account') return parseAccount(value);
  const { fragment } = value;
  if (!isRecordId(fragment)) {
    return bad('change/bad-fragment', `fragment: expected <connection>:<object>:<id>, found ${nameOf(fragment)}`);
  }
  const identifiers = parseIdentifiers(value.identifiers);
  if (typeof identifiers === 'string') return bad('change/bad-identifiers', identifiers);
  const told = {
    fragment,
    at: value.at as string,
    identifiers,
    ...(typeof value.mapping === 'number' ? { mapping: value.mapping } : {}),
    ...(value.by === 'person' ? { by: 'person' as const } : {}),
  };
  switch (value.kind) {
    case 'profile':
      return parseProfile(value, told);
    case 'activity':
      return parseActivity(value, told);
    case 'gone':
      return { ok: true, change: { kind: 'gone', ...told } satisfies GoneChange };
    case 'unmerge':
      return parseUnmerge(value, told);
    case 'voided':
      return parseVoided(value, told);
    default:
      return bad(
        'change/unknown-kind',
        `kind: expected profile, activity, gone, unmerge, voided or account, found ${nameOf(value.kind)}`,
      );
  }
}

type Told = Pick<GoneChange, 'fragment' | 'at' | 'mapping' | 'by'> & { readonly identifiers: readonly Identifier[] };

function parseProfile(value: JsonObject, told: Told): ParsedChange {
  const traits = value.traits ?? {};
  if (!isJsonObject(traits)) return bad('change/bad-traits', `traits: expected an object, found ${nameOf(traits)}`);
  const consent = parseConsent(value.consent);
  if (typeof consent === 'string') return bad('change/bad-consent', consent);
  const accounts = value.accounts;
  if (accounts !== undefined && !(Array.isArray(accounts) && accounts.every((id) => typeof id === 'string'))) {
    return bad('change/bad-accounts', `accounts: expected a list of account ids, found ${nameOf(accounts)}`);
  }
  const change: ProfileChange = {
    kind: 'profile',
    ...told,
    traits,
    consent,
    ...(accounts === undefined ? {} : { accounts: accounts as string[] }),
    ...(value.whole === true ? { whole: true } : {}),
  };
  return { ok: true, change };
}

function parseActivity(value: JsonObject, told: Told): ParsedChange {
  const { id, name } = value;
  if (typeof id !== 'string' || id === '') return bad('change/bad-id', `id: expected a text, found ${nameOf(id)}`);
  if (Buffer.byteLength(id) > MOST_ID_BYTES) return bad('change/bad-id', `id: expected at most ${MOST_ID_BYTES} bytes`);
  if (typeof name !== 'string' || name === '')
    return bad('change/bad-name', `name: expected a text, found ${nameOf(name)}`);
  const properties = value.properties ?? {};
  if (!isJsonObject(properties)) {
    return bad('change/bad-properties', `properties: expected an object, found ${nameOf(properties)}`);
  }
  const { keyAt } = value;
  if (keyAt !== undefined && parseInstant(keyAt) === undefined) {
    return bad('change/bad-instant', `keyAt: expected an RFC 3339 instant, found ${nameOf(keyAt)}`);
  }
  const change: ActivityChange = {
    kind: 'activity',
    ...told,
    id,
    name,
    properties,
    ...(keyAt === undefined ? {} : { keyAt: keyAt as string }),
    ...(value.visit === true ? { visit: true } : {}),
  };
  return { ok: true, change };
}

function parseUnmerge(value: JsonObject, { identifiers: _, ...told }: Told): ParsedChange {
  const { from } = value;
  if (!isRecordId(from) || from === told.fragment) {
    return bad(
      'change/bad-fragment',
      `from: expected another record's <connection>:<object>:<id>, found ${nameOf(from)}`,
    );
  }
  const identifiers = parseIdentifiers(value.identifier === undefined ? [] : [value.identifier]);
  if (typeof identifiers === 'string')
    return bad('change/bad-identifiers', identifiers.replace('identifiers[0]', 'identifier'));
  const [identifier] = identifiers;
  const change: UnmergeChange = {
    kind: 'unmerge',
    ...told,
    from,
    ...(identifier === undefined ? {} : { identifier }),
    ...(value.undone === true ? { undone: true } : {}),
  };
  return { ok: true, change };
}

function parseVoided(value: JsonObject, { fragment, at }: Told): ParsedChange {
  const { stream, since, until } = value;
  if (typeof stream !== 'string') {
    return bad('change/bad-stream', `stream: expected a text, found ${nameOf(stream)}`);
  }
  if (parseInstant(since) === undefined || parseInstant(until) === undefined) {
    return bad('change/bad-instant', 'since, until: expected RFC 3339 instants');
  }
  const change: VoidedChange = {
    kind: 'voided',
    fragment,
    at,
    stream,
    since: since as string,
    until: until as string,
    ...(value.record === true ? { record: true } : {}),
    ...(value.part === true ? { part: true } : {}),
  };
  return { ok: true, change };
}

function parseAccount(value: JsonObject): ParsedChange {
  const { account } = value;
  if (!isRecordId(account)) {
    return bad('change/bad-account', `account: expected <connection>:<object>:<id>, found ${nameOf(account)}`);
  }
  const traits = value.traits ?? {};
  if (!isJsonObject(traits)) return bad('change/bad-traits', `traits: expected an object, found ${nameOf(traits)}`);
  const change: AccountChange = {
    kind: 'account',
    account,
    at: value.at as string,
    traits,
    ...(typeof value.mapping === 'number' ? { mapping: value.mapping } : {}),
    ...(value.gone === true ? { gone: true } : {}),
  };
  return { ok: true, change };
}

function parseIdentifiers(value: unknown): readonly Identifier[] | string {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return `identifiers: expected a list, found ${nameOf(value)}`;
  const found: Identifier[] = [];
  for (const [index, item] of value.entries()) {
    if (!isJsonObject(item) || typeof item.type !== 'string' || !/^[a-z0-9_.-]{1,100}$/.test(item.type)) {
      return `identifiers[${index}].type: expected a lower-case name`;
    }
    if (typeof item.value !== 'string')
      return `identifiers[${index}].value: expected a text, found ${nameOf(item.value)}`;
    found.push({ type: item.type, value: item.value });
  }
  return found;
}

function parseConsent(value: unknown): readonly ConsentStatement[] | string {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return `consent: expected a list, found ${nameOf(value)}`;
  const found: ConsentStatement[] = [];
  for (const [index, item] of value.entries()) {
    if (!isJsonObject(item)) return `consent[${index}]: expected an object, found ${nameOf(item)}`;
    const topic = item.topic ?? item.channel ?? item.purpose;
    const { address, state, at, source, by } = item;
    if (typeof topic !== 'string') return `consent[${index}].topic: expected a channel or a purpose`;
    if (typeof address !== 'string') return `consent[${index}].address: expected a text, found ${nameOf(address)}`;
    if (state !== 'granted' && state !== 'denied') return `consent[${index}].state: expected granted or denied`;
    if (by !== 'person' && by !== 'company') return `consent[${index}].by: expected person or company`;
    if (typeof at !== 'string' || parseInstant(at) === undefined)
      return `consent[${index}].at: expected an RFC 3339 instant`;
    found.push({ address, topic, state, at, source: typeof source === 'string' ? source : '', by });
  }
  return found;
}

function isRecordId(value: unknown): value is string {
  return typeof value === 'string' && FRAGMENT.test(value) && Buffer.byteLength(value) <= MOST_ID_BYTES;
}

function bad(code: string, reason: string): ParsedChange {
  return { ok: false, code, reason };
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
