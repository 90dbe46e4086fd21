import { createHash } from 'node:crypto';
import type { Rejection } from '../../domain/change.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { applyMapping, type MappedRecord, type Mapping } from '../../domain/mapping.ts';
import { parseChange } from '../../domain/parse-change.ts';
import type { OpenImports } from '../contract.ts';
import type { Config } from './config.ts';
import { type ExportRow, eventId, exportRow, propertiesOf } from './export-row.ts';
import { activityNames } from './names.ts';

/** Properties of an activity, by the names that `propertiesOf` gives them. */
const PROPERTIES = [
  ['url', 'title', 'referrer', 'session_id', 'engaged_ms', 'search_term', 'method'],
  ['source', 'medium', 'campaign', 'term', 'content'],
  ['platform', 'device', 'os', 'browser', 'language', 'country', 'region', 'city'],
  ['order_id', 'value', 'currency', 'products'],
].flat();

/** Ids of a web property are those of its cookie; apps have others. */
const WEB = 'WEB';

/** Maps rows of the export: of the user where the connection says what `user_id` is, else of the browser or app. */
export function openExport(config: Config): OpenImports {
  const mapping = mappingOf(config, 'client');
  const ofUser = mappingOf(config, 'user');
  return {
    written: config,
    map(record, connection) {
      // As it is archived: a row of a file, and the time of the file, of which an event has no need.
      const row = isJsonObject(record) ? record.row : undefined;
      const parsed = exportRow.safeParse(row);
      if (!parsed.success) {
        const [first] = parsed.error.issues;
        const where = first === undefined || first.path.length === 0 ? 'row' : first.path.join('.');
        const says = `${where}: ${first?.message ?? 'unreadable'}; expected a row of events_YYYYMMDD`;
        return rejected({ code: 'google-analytics/bad-row', reason: says }, record);
      }
      const { data } = parsed;
      const user = config.user_id === undefined ? undefined : data.user_id;
      const told = toldBy(data, user, config);
      if (told === undefined) return rejected({ code: 'google-analytics/nobody', reason: nobody(config) }, record);
      const mapped = applyMapping(user === undefined ? mapping : ofUser, connection, told);
      if (!mapped.ok) {
        const { code, reason } = mapped.rejection;
        return code === 'mapping/unknown-activity'
          ? rejected({ code: 'google-analytics/unknown-event', reason: unknownEvent(data) }, record)
          : rejected({ code, reason }, record);
      }
      const change =
        mapped.change.kind === 'activity' && isVisit(data) ? { ...mapped.change, visit: true } : mapped.change;
      // What the profile writer would refuse later is told now, with its line.
      const checked = parseChange(change);
      return checked.ok ? { ok: true, changes: [checked.change] } : rejected(checked, record);
    },
  };
}

/** The mapping of rows whose user is known, or only the browser or app. */
export function mappingOf({ user_id, events, event_properties }: Config, object: 'client' | 'user'): Mapping {
  const own = Object.entries(event_properties).map(([name, from]) => [name, { from: `event_params.${from}` }] as const);
  const isUser = object === 'user' && user_id !== undefined;
  return {
    version: 1,
    object,
    subject: 'person',
    id: ['id'],
    at: ['at'],
    identifiers: [
      ...(isUser ? [{ type: user_id, from: 'user_id' }] : []),
      { type: 'ga_client_id', from: 'web_client_id' },
    ],
    activity: {
      id: ['event_id'],
      name: { from: 'event_name', names: { ...activityNames, ...events } },
      properties: {
        event: { from: 'event_name' },
        ...Object.fromEntries(PROPERTIES.map((name) => [name, { from: `properties.${name}` }])),
        ...Object.fromEntries(own),
      },
    },
  };
}

/** What the mapping reads; undefined where the row is about nobody. */
function toldBy(row: ExportRow, user: string | undefined, config: Config): JsonObject | undefined {
  const id = user ?? row.user_pseudo_id;
  if (id === undefined) return undefined;
  const params: Record<string, Json> = row.event_params;
  return {
    id: nameOf(id),
    at: new Date(Math.floor(row.event_timestamp / 1_000)).toISOString(),
    event_id: eventId(row),
    event_name: row.event_name,
    event_params: Object.fromEntries(
      Object.values(config.event_properties).flatMap((name) =>
        params[name] === undefined ? [] : [[name, params[name]]],
      ),
    ),
    properties: propertiesOf(row),
    ...(user === undefined ? {} : { user_id: user }),
    ...(row.platform === WEB && row.user_pseudo_id !== undefined ? { web_client_id: row.user_pseudo_id } : {}),
  };
}

/** Ids stand in names of fragments, which are shown where addresses must not be; Google forbids addresses, not everybody obeys. */
function nameOf(id: string): string {
  if (!/@|^\+\d{6}|[\n\r:]/.test(id)) return id;
  return createHash('sha256').update(id.trim().toLowerCase()).digest('hex').slice(0, 32);
}

/** Done by a person on a website or in an app: Google counts it to a session. */
function isVisit({ event_params: told }: ExportRow): boolean {
  return told.ga_session_id !== undefined;
}

function nobody({ user_id }: Config): string {
  const wanted = user_id === undefined ? 'user_pseudo_id' : 'user_pseudo_id or user_id';
  return `found no ${wanted}: the visit was not to be recognised`;
}

/** Names of events are the developers' own; what is no such name is not repeated. */
function unknownEvent({ event_name }: ExportRow): string {
  const found = /^[A-Za-z][A-Za-z0-9_]{0,39}$/.test(event_name)
    ? event_name
    : 'an event whose name has other characters';
  return `found ${found}, which has no name here; put it under events of the connection`;
}

function rejected({ code, reason }: Omit<Rejection, 'record'>, record: unknown): MappedRecord {
  return { ok: false, rejection: { code, reason, record } };
}
