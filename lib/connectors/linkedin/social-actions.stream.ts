import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { defineStream } from '../define.ts';
import { epochMs } from '../epoch.ts';
import type { LinkedinApi } from './client.ts';
import { lookbackMs } from './config.ts';
import { type Cursor, cursor } from './cursor.ts';
import { ACTIONS_KEPT_MS, isSomebodys, socialAction, socialActionMapping } from './social-action.ts';
import { walk } from './walk.ts';

/** What people did with the organization's posts: comments, mentions, shares and likes. */
export const socialActions = defineStream<LinkedinApi, JsonObject, Cursor>({
  name: 'social-actions',
  record: socialAction,
  cursor,
  mappings: { action: socialActionMapping },
  async *read(api, from, options) {
    const steps = walk(api.listSocialActions, from, {
      ...options,
      lookbackMs: lookbackMs(api.config),
      keptMs: ACTIONS_KEPT_MS,
      idOf: (record) =>
        isJsonObject(record) && record.notificationId !== undefined ? String(record.notificationId) : undefined,
      instantOf: (record) => epochMs.safeParse(isJsonObject(record) ? record.lastModifiedAt : undefined).data,
    });
    for await (const { records, checkpoint } of steps) {
      yield { mapping: 'action', records: records.filter(isSomebodys), checkpoint };
    }
  },
});
