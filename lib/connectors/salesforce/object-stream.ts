import type { Change } from '../../domain/change.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { Page, Schema, Stream } from '../contract.ts';
import { defineStream, type RecordPage, streamBySettings } from '../define.ts';
import type { SalesforceApi } from './client.ts';
import type { SalesforceConfig } from './config.ts';
import { beginning, type Cursor, cursor } from './cursor.ts';
import { withFields, withTraits } from './custom-fields.ts';
import { fullId } from './ids.ts';
import { queryAll } from './query.ts';
import { partOfPage, readSources } from './read.ts';
import { inGroups, oneOf } from './soql.ts';
import { type Source, selectFrom } from './source.ts';

export interface ObjectStreamSpec {
  readonly name: string;
  readonly record: Schema<JsonObject>;
  readonly sources: readonly Source[];
  readonly mappings: Readonly<Record<string, Mapping>>;
  /** Says that a record is no more. Present = single records of the first source can be read again. */
  readonly gone?: (connection: string, id: string, at: string) => Change;
}

/** A stream over Salesforce objects, with the workspace's own fields among the traits. */
export function objectStream(spec: ObjectStreamSpec): Stream<SalesforceApi> {
  const stream = streamBySettings((config: SalesforceConfig | undefined) => configured(spec, config));
  return { ...stream, read: (...asked) => joinParts(stream.read(...asked)) };
}

function configured(spec: ObjectStreamSpec, config: SalesforceConfig | undefined): Stream<SalesforceApi> {
  const sources = config === undefined ? spec.sources : spec.sources.map((source) => withFields(source, config));
  const object = spec.sources[0]?.object ?? '';
  const mappings =
    config === undefined
      ? spec.mappings
      : Object.fromEntries(Object.entries(spec.mappings).map(([name, one]) => [name, withTraits(one, object, config)]));
  const { gone } = spec;
  const [source] = sources;
  return defineStream<SalesforceApi, JsonObject, Cursor>({
    name: spec.name,
    record: spec.record,
    cursor,
    mappings,
    read: (api, from, options) => readSources(api, sources, from, gone === undefined ? options : { ...options, gone }),
    ...(gone === undefined || source === undefined
      ? {}
      : { reread: (api, ids, { now }) => rereadRecords(api, source, ids, { now, gone }) }),
  });
}

async function rereadRecords(
  api: SalesforceApi,
  source: Source,
  ids: readonly string[],
  options: { readonly now: Date; readonly gone: NonNullable<ObjectStreamSpec['gone']> },
): Promise<RecordPage<Cursor>> {
  const wanted = [...new Set(ids.map(fullId).filter((id) => id !== undefined))];
  const records: JsonObject[] = [];
  for (const group of inGroups(wanted)) {
    records.push(...(await queryAll(api, `${selectFrom(source)} WHERE ${oneOf('Id', group)}`)));
  }
  const found = new Set(records.map((record) => record.Id));
  const at = options.now.toISOString();
  return {
    mapping: source.mappingsOf({})[0] ?? '',
    records,
    checkpoint: beginning,
    also: wanted.filter((id) => !found.has(id)).map((id) => options.gone(api.connection, id, at)),
  };
}

/** Parts of one page become one page again, so that every page that leaves the stream has a checkpoint of its own. */
async function* joinParts(pages: AsyncIterable<Page>): AsyncIterable<Page> {
  let waiting: Page[] = [];
  for await (const page of pages) {
    waiting.push(page);
    if (isPart(page.checkpoint)) continue;
    yield waiting.length === 1
      ? page
      : {
          changes: waiting.flatMap(({ changes }) => changes),
          rejected: waiting.flatMap(({ rejected }) => rejected),
          // A record that went through two mappings is archived under both: each is mapped again by itself.
          lines: waiting.flatMap(({ lines }) => lines),
          checkpoint: page.checkpoint,
          ...(page.left === undefined ? {} : { left: page.left }),
        };
    waiting = [];
  }
}

function isPart(checkpoint: Json): boolean {
  return checkpoint === partOfPage;
}
