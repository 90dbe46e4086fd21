import type { JsonObject } from '../../domain/json.ts';
import type { MappedRecord } from '../../domain/mapping.ts';
import type { OpenMapping } from '../map-written.ts';
import { openResponses } from '../response-mapping.ts';
import type { Config } from './config.ts';
import { presets } from './presets.ts';

/** A response as what it tells of the person and what the person did by it, or why it cannot be used. Total. */
export function mapResponse(config: Config, connection: string, record: JsonObject): MappedRecord {
  const { form } = config;
  if (form !== undefined && record.form_id !== form) {
    const reason = `the response is of another form than the connection's, ${form}`;
    return { ok: false, rejection: { code: 'forms/other-form', reason, record } };
  }
  return responseMapping(config).map(record, connection);
}

/** The workspace's mapping with what its preset knows. */
export function responseMapping({ mapping, preset }: Config): OpenMapping {
  return openResponses(mapping, presets[preset]);
}
