import type { Change } from '../../domain/change.ts';
import { isJsonObject } from '../../domain/json.ts';
import { defineStream, streamBySettings } from '../define.ts';
import { epochMs } from '../epoch.ts';
import type { LinkedinApi } from './client.ts';
import { type Config, lookbackMs } from './config.ts';
import { beginning, cursor } from './cursor.ts';
import { unlessNotFound } from './errors.ts';
import { changesOfLead, formIn, LEAD, LEADS_KEPT_MS, lead, leadMapping, submissionMapping } from './lead.ts';
import { walk } from './walk.ts';

/** Leads of the ad account's forms. One record means two changes: what somebody said, and that they said it. */
export const leads = streamBySettings<Config, LinkedinApi>((config) =>
  defineStream({
    name: 'leads',
    record: lead,
    cursor,
    mappings: { [LEAD]: leadMapping, submission: submissionMapping },
    changesOf: config && ((told, connection) => changesOfLead(config, told, connection)),
    async *read(api, from, options) {
      const steps = walk(api.listLeads, from, {
        ...options,
        lookbackMs: lookbackMs(api.config),
        keptMs: LEADS_KEPT_MS,
        idOf: (record) => (isJsonObject(record) && typeof record.id === 'string' ? record.id : undefined),
        instantOf: (record) => epochMs.safeParse(isJsonObject(record) ? record.submittedAt : undefined).data,
      });
      for await (const { records, checkpoint } of steps) {
        yield { mapping: LEAD, records: records.filter((record) => isWanted(api.config, record)), checkpoint };
      }
    },
    async reread(api, wanted, options) {
      const ids = [...new Set(wanted)].filter((id) => /^[\w-]{1,100}$/.test(id));
      const records: unknown[] = [];
      const also: Change[] = [];
      for (const id of ids) {
        const lead = await unlessNotFound(api.lead(id));
        if (lead !== undefined) {
          records.push(lead);
          continue;
        }
        const fragment = `${api.connection}:${LEAD}:${id}`;
        also.push({ kind: 'gone', fragment, at: options.now.toISOString(), mapping: leadMapping.version });
      }
      const own = records.filter((record) => isWanted(api.config, record));
      return { mapping: LEAD, records: own, also, checkpoint: beginning };
    },
  }),
);

/** Leads of forms that the connection does not name are others' matter; one without a form is for quarantine. */
function isWanted({ forms }: Config, record: unknown): boolean {
  const form = isJsonObject(record) ? formIn(record.versionedLeadGenFormUrn) : undefined;
  return forms === undefined || form === undefined || forms.includes(form);
}
