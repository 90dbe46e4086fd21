import type { Change } from '../../domain/change.ts';
import { parseInstant } from '../../domain/instant.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { valueAt } from '../../domain/mapping.ts';
import type { ReadOptions, Stream } from '../contract.ts';
import { defineStream, type RecordPage, streamBySettings } from '../define.ts';
import type { KlaviyoApi } from './client.ts';
import { type Config, lookbackMs } from './config.ts';
import { beginning, type Cursor, cursor } from './cursor.ts';
import { all, any, compared } from './filter.ts';
import { PROFILE_PAGE } from './manifest.ts';
import { withEveryField, withOwnFields } from './own-fields.ts';
import { type Pass, readPasses } from './passes.ts';
import { profileId, profileMapping, profileRecord } from './profile.ts';

const SECOND = 1_000;
const SUPPRESSED_AT = 'subscriptions.email.marketing.suppression.timestamp';

/** Profiles by `updated`, then those that were suppressed: Klaviyo does not say that an opt-out moves `updated`. */
export const profiles = streamBySettings(configured);

function configured(config: Config | undefined): Stream<KlaviyoApi> {
  return defineStream<KlaviyoApi, JsonObject, Cursor>({
    name: 'profiles',
    record: profileRecord,
    cursor,
    mappings: { profile: config === undefined ? profileMapping : withOwnFields(profileMapping, config) },
    read: (api, from, options) =>
      readPasses(async (since) => passesOf(api, since), from, {
        ...options,
        mapping: 'profile',
        lookbackMs: lookbackMs(api.config),
        dress: (records) => records.map((record) => withEveryField(record, api.config)),
      }),
    reread,
  });
}

function passesOf(api: KlaviyoApi, since: number | null): readonly Pass[] {
  const changed: Pass = {
    name: 'changed',
    // There is no "or equal" for `updated`, hence the second.
    filter: (from, until) =>
      all(
        from === null ? undefined : compared('greater-than', 'updated', from - SECOND),
        compared('less-than', 'updated', until),
      ),
    sort: 'updated',
    page: api.listProfiles,
    instantOf: (record) => parseInstant(valueAt(record, 'attributes.updated')),
  };
  const suppressed: Pass = {
    name: 'suppressed',
    filter: (from, until) =>
      all(
        from === null ? undefined : compared('greater-or-equal', SUPPRESSED_AT, from),
        compared('less-than', SUPPRESSED_AT, until),
      ),
    sort: SUPPRESSED_AT,
    page: api.listProfiles,
    // A profile may hold several; the pass is short, and begins anew from its start.
    instantOf: () => undefined,
  };
  // A first run has read everybody.
  return since === null ? [changed] : [changed, suppressed];
}

/** Reads profiles again by id. One that is not there was deleted, or merged into another: Klaviyo tells neither. */
async function reread(api: KlaviyoApi, wanted: readonly string[], options: ReadOptions): Promise<RecordPage<Cursor>> {
  const ids = [...new Set(wanted)].filter((id) => profileId.safeParse(id).success);
  const records: unknown[] = [];
  for (let start = 0; start < ids.length; start += PROFILE_PAGE) {
    const part = ids.slice(start, start + PROFILE_PAGE);
    const page = await api.listProfiles({ filter: any('id', part), sort: 'id', after: undefined });
    records.push(...page.records.map((record) => withEveryField(record, api.config)));
  }
  const found = new Set(records.map((record) => (isJsonObject(record) ? record.id : undefined)));
  const also: Change[] = ids
    .filter((id) => !found.has(id))
    .map((id) => ({
      kind: 'gone',
      fragment: `${api.connection}:profile:${id}`,
      at: options.now.toISOString(),
      mapping: profileMapping.version,
    }));
  return { mapping: 'profile', records, also, checkpoint: beginning };
}
