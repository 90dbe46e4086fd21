import type { Change } from '../../domain/change.ts';
import { parseInstant } from '../../domain/instant.ts';
import { isJsonObject } from '../../domain/json.ts';
import { defineStream, streamBySettings } from '../define.ts';
import { metaId } from './answers.ts';
import type { MetaApi } from './client.ts';
import { type Config, lookbackMs } from './config.ts';
import { beginning, cursor } from './cursor.ts';
import { unlessNotFound } from './errors.ts';
import { changesOfLead, lead, leadMapping, submissionMapping } from './lead.ts';
import { type Place, walk } from './walk.ts';

const SECOND = 1_000;
const LEAD = 'lead';

/** Leads of the page's forms. One record means two changes: what somebody said, and that they said it. */
export const leads = streamBySettings<Config, MetaApi>((config) =>
  defineStream({
    name: 'leads',
    record: lead,
    cursor,
    mappings: { [LEAD]: leadMapping, submission: submissionMapping },
    changesOf: config && ((told, connection) => changesOfLead(config, told, connection)),
    async *read(api, from, options) {
      const steps = walk((window) => placesOf(api, window.from, options.pageSize), from, {
        ...options,
        lookbackMs: lookbackMs(api.config),
        instantOf: timeOf,
      });
      for await (const { records, checkpoint } of steps) yield { mapping: LEAD, records, checkpoint };
    },
    async reread(api, wanted, options) {
      const ids = [...new Set(wanted)].filter((id) => metaId.safeParse(id).success);
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
      return { mapping: LEAD, records, also, checkpoint: beginning };
    },
  }),
);

/** Forms that the connection names, or all of the page. A form that is archived still shows its leads. */
async function placesOf(api: MetaApi, from: number | null, size: number | undefined): Promise<readonly Place[]> {
  const forms = [...(api.config.forms ?? [])];
  for (let after: string | undefined, more = forms.length === 0; more; more = after !== undefined) {
    const page = await api.listForms({ after });
    forms.push(...page.records.map(({ id }) => id));
    after = page.after;
  }
  // There is no "or equal", hence the second.
  const since = from === null ? undefined : Math.floor(from / SECOND) - 1;
  return [...new Set(forms)].map((form) => ({
    key: form,
    page: (after) => api.listLeads(form, since, { after, size }),
  }));
}

function timeOf(record: unknown): number | undefined {
  return isJsonObject(record) ? parseInstant(record.created_time) : undefined;
}
