import type { Change } from '../../domain/change.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { ReadOptions, Schema, Stream } from '../contract.ts';
import { defineStream, type RecordPage, streamBySettings } from '../define.ts';
import { idsOf } from './associated.ts';
import type { HubspotApi } from './client.ts';
import type { Config } from './config.ts';
import { beginning, type Cursor, cursor } from './cursor.ts';
import { withFields, withTraits } from './custom-fields.ts';
import { BATCH } from './manifest.ts';
import { readSources } from './read.ts';
import type { Source } from './source.ts';

export interface ObjectStreamSpec {
  readonly name: string;
  readonly record: Schema<JsonObject>;
  readonly sources: readonly Source[];
  /** All records go through this one. */
  readonly mapping: Mapping;
  /**
   * What a record that is no more means, and ids that a record says were merged into it. Present = single records of the
   * first source can be read again.
   */
  readonly reread?: {
    readonly gone: (connection: string, id: string, at: string) => readonly Change[];
  };
}

/** A stream over CRM objects, with the workspace's own properties among the traits. */
export function objectStream(spec: ObjectStreamSpec): Stream<HubspotApi> {
  return streamBySettings((config: Config | undefined) => configured(spec, config));
}

function configured(spec: ObjectStreamSpec, config: Config | undefined): Stream<HubspotApi> {
  const sources = config === undefined ? spec.sources : spec.sources.map((source) => withFields(source, config));
  const [source] = sources;
  const mapping = config === undefined ? spec.mapping : withTraits(spec.mapping, source?.object ?? '', config);
  const { reread } = spec;
  return defineStream<HubspotApi, JsonObject, Cursor>({
    name: spec.name,
    record: spec.record,
    cursor,
    mappings: { [spec.mapping.object]: mapping },
    read: (api, from, options) => readSources(api, sources, from, spec.mapping.object, options),
    ...(reread === undefined || source === undefined
      ? {}
      : {
          reread: (api, ids, options) =>
            rereadRecords(api, source, ids, spec.mapping.object, { ...options, ...reread }),
        }),
  });
}

/** Reads records again. One that HubSpot neither brings nor calls missing is asked for alone: it may be another's now. */
async function rereadRecords(
  api: HubspotApi,
  source: Source,
  wanted: readonly string[],
  mapping: string,
  options: ReadOptions & NonNullable<ObjectStreamSpec['reread']>,
): Promise<RecordPage<Cursor>> {
  const ids = [...new Set(wanted)].filter((id) => /^\d+$/.test(id));
  const properties = [source.changed, ...source.properties];
  const found = new Map<string, unknown>();
  const missing = new Set<string>();
  for (let start = 0; start < ids.length; start += BATCH) {
    const part = ids.slice(start, start + BATCH);
    const answer = await api.readBatch(source.object, { ids: part, properties });
    for (const record of answer.records) found.set(record.id, record);
    for (const id of answer.missing) missing.add(id);
  }
  for (const id of ids) {
    if (found.has(id) || missing.has(id)) continue;
    const record = await api.readOne(source.object, id, properties);
    if (record !== undefined) found.set(record.id, record);
    if (record?.id !== id) missing.add(id);
  }
  const records = await source.dress(api, [...found.values()]);
  const kept = new Set(idsOf([...found.values()]));
  const at = options.now.toISOString();
  return {
    mapping,
    records,
    checkpoint: beginning,
    also: [...missing].filter((id) => !kept.has(id)).flatMap((id) => options.gone(api.connection, id, at)),
  };
}
