import type { JsonObject } from '../../domain/json.ts';
import type { MappedRecord } from '../../domain/mapping.ts';
import { type OpenMapping, openMapping } from '../map-written.ts';
import type { Config } from './config.ts';
import { presets } from './presets.ts';

/** Each response is a record of its own: fragments are `<connection>:response:<id>`. */
export const OBJECT = 'response';

/** A response as what it tells of the person and what the person did by it, or why it cannot be used. Total. */
export function mapResponse(config: Config, connection: string, record: JsonObject): MappedRecord {
  const { form } = config;
  if (form !== undefined && record.form_id !== form) {
    const reason = `the response is of another form than the connection's, ${form}`;
    return { ok: false, rejection: { code: 'forms/other-form', reason, record } };
  }
  return responseMapping(config).map(record, connection);
}

/** The workspace's mapping with what its preset knows. Whatever it says, it is the person's own word. */
export function responseMapping({ mapping, preset }: Config): OpenMapping {
  const { id = presets[preset].id, at = presets[preset].at, activity } = mapping;
  const done = { id: activity?.id ?? id, name: activity?.name ?? 'Form Submitted', properties: activity?.properties };
  return openMapping(
    { ...mapping, id: [...id], at: [...at], by: 'person', activity: { ...done, id: [...done.id] } },
    OBJECT,
  );
}
