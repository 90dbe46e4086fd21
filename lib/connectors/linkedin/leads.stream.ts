import type { Change, Rejection } from '../../domain/change.ts';
import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import type { ArchivedLine, Page, Stream } from '../contract.ts';
import type { LinkedinApi } from './client.ts';
import { type Config, lookbackMs } from './config.ts';
import { beginning, type Cursor, cursor } from './cursor.ts';
import { isNotFound } from './errors.ts';
import { formIn, instantMs, LEAD, LEADS_KEPT_MS, leadMapping, mapLead, submissionMapping } from './lead.ts';
import { walk } from './walk.ts';

/**
 * Leads of the ad account's forms. Written as a stream by hand: one record means two changes, what somebody said and that
 * they said it.
 */
export const leads: Stream<LinkedinApi> = {
  name: 'leads',
  mappings: { lead: leadMapping, submission: submissionMapping },
  async *read(api, connection, from, options) {
    const steps = walk(api.listLeads, positionOf(from), {
      ...options,
      lookbackMs: lookbackMs(api.config),
      keptMs: LEADS_KEPT_MS,
      idOf: (record) => (isJsonObject(record) && typeof record.id === 'string' ? record.id : undefined),
      instantOf: (record) => instantMs.safeParse(isJsonObject(record) ? record.submittedAt : undefined).data,
    });
    for await (const { records, checkpoint } of steps) yield pageOf(api, connection, records, checkpoint);
  },
  async reread(api, connection, wanted, options) {
    const ids = [...new Set(wanted)].filter((id) => /^[\w-]{1,100}$/.test(id));
    const records: unknown[] = [];
    const gone: { readonly of: string; readonly change: Change }[] = [];
    for (const id of ids) {
      try {
        records.push(await api.lead(id));
      } catch (thrown) {
        if (!isNotFound(thrown)) throw thrown;
        const fragment = `${connection}:${LEAD}:${id}`;
        const at = options.now.toISOString();
        gone.push({ of: fragment, change: { kind: 'gone', fragment, at, mapping: leadMapping.version } });
      }
    }
    const page = pageOf(api, connection, records, beginning);
    return {
      ...page,
      changes: [...page.changes, ...gone.map(({ change }) => change)],
      lines: [...page.lines, ...gone],
    };
  },
  remap(lines, connection, config) {
    const mapped = lines.map((line) => mapLine(line, connection, config as Config));
    return {
      changes: mapped.flatMap(({ changes }) => changes),
      rejected: mapped.flatMap(({ rejected }) => rejected),
    };
  },
};

interface Mapped {
  readonly line: ArchivedLine;
  readonly changes: readonly Change[];
  readonly rejected: readonly Rejection[];
}

function pageOf(api: LinkedinApi, connection: string, records: readonly unknown[], checkpoint: Cursor): Page {
  const mapped = records
    .filter((record) => isWanted(api.config, record))
    .map((record) => mapLine({ mapping: LEAD, record }, connection, api.config));
  return {
    changes: mapped.flatMap(({ changes }) => changes),
    rejected: mapped.flatMap(({ rejected }) => rejected),
    lines: mapped.map(({ line }) => line),
    checkpoint,
  };
}

/** Leads of forms that the connection does not name are others' matter; one without a form is for quarantine. */
function isWanted({ forms }: Config, record: unknown): boolean {
  const form = isJsonObject(record) ? formIn(record.versionedLeadGenFormUrn) : undefined;
  return forms === undefined || form === undefined || forms.includes(form);
}

function mapLine(line: ArchivedLine, connection: string, config: Config): Mapped {
  if ('change' in line) return { line, changes: [line.change], rejected: [] };
  const mapped = mapLead(config, connection, line.record);
  if (!mapped.ok) return { line, changes: [], rejected: [mapped.rejection] };
  const [of] = mapped.changes.flatMap((change) => ('fragment' in change ? [change.fragment] : []));
  return { line: { ...line, ...(of === undefined ? {} : { of }) }, changes: mapped.changes, rejected: [] };
}

function positionOf(from: Json | undefined): Cursor | undefined {
  if (from === undefined) return undefined;
  const parsed = cursor.safeParse(from);
  if (parsed.success) return parsed.data;
  const says = 'the checkpoint of stream leads has a form this release does not know; pull it with --full';
  throw new TributaryError('config', 'sync/unknown-cursor', says);
}
