import type { Change, Rejection } from '../../domain/change.ts';
import { TributaryError } from '../../domain/errors.ts';
import { parseInstant } from '../../domain/instant.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import type { ArchivedLine, Page, Stream } from '../contract.ts';
import { metaId } from './answers.ts';
import type { MetaApi } from './client.ts';
import { type Config, lookbackMs } from './config.ts';
import { beginning, type Cursor, cursor } from './cursor.ts';
import { isNotFound } from './errors.ts';
import { leadMapping, mapLead, submissionMapping } from './lead.ts';
import { type Place, walk } from './walk.ts';

const SECOND = 1_000;
const LEAD = 'lead';

/**
 * Leads of the page's forms. Written as a stream by hand: one record means two changes, what somebody said and that they
 * said it.
 */
export const leads: Stream<MetaApi> = {
  name: 'leads',
  mappings: { lead: leadMapping, submission: submissionMapping },
  async *read(api, connection, from, options) {
    const last = positionOf(from);
    const lookback = lookbackMs(api.config);
    const steps = walk((window) => placesOf(api, window.from, options.pageSize), last, {
      ...options,
      lookbackMs: lookback,
      instantOf: timeOf,
    });
    for await (const { records, checkpoint } of steps) yield pageOf(api, connection, records, checkpoint);
  },
  async reread(api, connection, wanted, options) {
    const ids = [...new Set(wanted)].filter((id) => metaId.safeParse(id).success);
    const records: unknown[] = [];
    const gone: Change[] = [];
    for (const id of ids) {
      try {
        records.push(await api.lead(id));
      } catch (thrown) {
        if (!isNotFound(thrown)) throw thrown;
        const at = options.now.toISOString();
        gone.push({ kind: 'gone', fragment: `${connection}:${LEAD}:${id}`, at, mapping: leadMapping.version });
      }
    }
    const page = pageOf(api, connection, records, beginning);
    const lines = gone.flatMap((change) => ('fragment' in change ? [{ of: change.fragment, change }] : []));
    return { ...page, changes: [...page.changes, ...gone], lines: [...page.lines, ...lines] };
  },
  remap(lines, connection, config) {
    const mapped = lines.map((line) => mapLine(line, connection, config as Config));
    return {
      changes: mapped.flatMap(({ changes }) => changes),
      rejected: mapped.flatMap(({ rejected }) => rejected),
    };
  },
};

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

interface Mapped {
  readonly line: ArchivedLine;
  readonly changes: readonly Change[];
  readonly rejected: readonly Rejection[];
}

function pageOf(api: MetaApi, connection: string, records: readonly unknown[], checkpoint: Cursor): Page {
  const mapped = records.map((record) => mapLine({ mapping: LEAD, record }, connection, api.config));
  return {
    changes: mapped.flatMap(({ changes }) => changes),
    rejected: mapped.flatMap(({ rejected }) => rejected),
    lines: mapped.map(({ line }) => line),
    checkpoint,
  };
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

function timeOf(record: unknown): number | undefined {
  return isJsonObject(record) ? parseInstant(record.created_time) : undefined;
}
