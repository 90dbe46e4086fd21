import type { OpenImports } from '../../lib/connectors/contract.ts';
import { loadConnector } from '../../lib/connectors/define.ts';
import { files } from '../../lib/connectors/files/index.ts';
import { missingColumns, openRows } from '../../lib/connectors/files/mapping.ts';
import { openFile } from '../../lib/connectors/files/open-file.ts';
import { suggestMapping } from '../../lib/connectors/files/suggest.ts';
import type { FileRow, OpenFile } from '../../lib/connectors/row-file.ts';
import type { ReadMapping, WrittenMapping } from '../../lib/connectors/written-mapping.ts';
import { canonicalText } from '../../lib/domain/canonical.ts';
import type { Change } from '../../lib/domain/change.ts';
import { TributaryError } from '../../lib/domain/errors.ts';
import type { JsonObject } from '../../lib/domain/json.ts';
import type { MappedRecord } from '../../lib/domain/mapping.ts';
import type { StandingImport, TakenRows } from '../../lib/pipeline/imports/import-file.ts';
import type { Job } from '../../lib/pipeline/jobs/jobs.ts';
import { type ExitStatus, wrongUsage } from '../failure.ts';
import { followJob } from '../follow-job.ts';
import { type LocalFile, openLocalFile } from '../import/local-file.ts';
import { checkMapping, readMappingFile, suggestionText } from '../import/mapping.ts';
import { openRejects, type ReasonCount, type Rejects } from '../import/rejects.ts';
import { sendRows } from '../import/send-rows.ts';
import { openBar } from '../progress.ts';
import { type Preview, printSideBySide } from '../side-by-side.ts';
import { openStageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';

export interface ImportOptions {
  readonly stage?: string;
  readonly connection?: string;
  readonly mapping?: string;
  readonly dryRun?: true;
  readonly sample: number;
  readonly rejects?: string;
}

/** What a stage says of a connection that takes files. */
interface ImportSettings {
  readonly connector: string;
  readonly settings: JsonObject;
}

/** What became of a file, or would. */
interface Report {
  readonly rows: number;
  readonly changes: number;
  readonly rejected: number;
  readonly reasons: readonly ReasonCount[];
}

/**
 * `tributary import FILE --connection NAME`: rows of a file become changes by the mapping of the connection. With
 * --dry-run nothing is sent; without a mapping one is suggested.
 */
export async function runImport(terminal: Terminal, path: string, options: ImportOptions): Promise<ExitStatus> {
  const local = await openLocalFile(path);
  try {
    const file = await openFile(local);
    const chosen = await chooseMapping(options, file);
    if (chosen.suggested !== undefined && options.dryRun !== true) {
      return tellSuggestion(terminal, path, file, chosen.suggested);
    }
    const missing = chosen.mapping === undefined ? [] : missingColumns(chosen.mapping, file);
    if (missing.length > 0) {
      terminal.err.write(`the mapping names columns that the file does not have: ${missing.join(', ')}\n`);
    }
    const rejects = await openRejects(options.rejects, file);
    const run = { terminal, path, options, local, file, map: chosen.map, missing, rejects };
    return options.dryRun === true ? await tryRows(run, chosen.suggested) : await importRows(run);
  } finally {
    await local.close();
  }
}

interface Run {
  readonly terminal: Terminal;
  readonly path: string;
  readonly options: ImportOptions;
  readonly local: LocalFile;
  readonly file: OpenFile;
  readonly map: OpenImports['map'];
  readonly missing: readonly string[];
  readonly rejects: Rejects;
}

/** By what rows are read. `mapping`: in the words of a workspace, where it has them. */
interface Chosen {
  readonly map: OpenImports['map'];
  readonly mapping?: ReadMapping;
  readonly suggested?: WrittenMapping;
}

/** The mapping of --mapping, of the connection as published, or suggested. */
async function chooseMapping(
  { mapping, connection, stage, dryRun }: ImportOptions,
  { columns }: OpenFile,
): Promise<Chosen> {
  const given = mapping === undefined ? undefined : await readMappingFile(mapping);
  if (given !== undefined && dryRun === true) return { mapping: given, map: openRows(given) };
  if (connection !== undefined) {
    const path = `/api/import/${encodeURIComponent(connection)}`;
    const { connector, settings } = await openStageClient(stage).get<ImportSettings>(path);
    if (connector !== files.manifest.id) return { map: await ownMapping(connector, settings, mapping) };
    const published = checkMapping(settings, `the mapping of ${connection}`);
    if (given !== undefined && canonicalText(given) !== canonicalText(published)) {
      const message = `${mapping} is not the mapping that is published for ${connection}; put it into tributary.yaml and apply, or try it with --dry-run`;
      throw new TributaryError('rejected', 'import/mapping-not-published', message);
    }
    return { mapping: published, map: openRows(published) };
  }
  const suggested = suggestMapping(columns);
  if (suggested !== undefined) {
    const checked = checkMapping({ mapping: suggested }, 'the suggestion');
    return { mapping: checked, map: openRows(checked), suggested };
  }
  const message = 'no column is called as ids or addresses usually are; write a mapping: docs/connectors/files.md';
  throw new TributaryError('rejected', 'import/no-suggestion', message);
}

/** A connector that knows what its rows mean takes no mapping. */
async function ownMapping(connector: string, settings: JsonObject, given: string | undefined): Promise<Chosen['map']> {
  if (given !== undefined) throw wrongUsage(`--mapping: connector ${connector} knows itself what its rows mean`);
  const { connectors } = await import('../../lib/connectors/registry.ts');
  const known = await loadConnector(connectors, connector);
  const config = known?.config.safeParse(settings);
  const imports = known?.imports;
  if (imports !== undefined && config?.success === true) return imports.open(config.data).map;
  const message = `the stage imports by connector ${connector}, which this command does not know; use the same release`;
  throw new TributaryError('config', 'import/other-release', message);
}

function tellSuggestion(terminal: Terminal, path: string, file: OpenFile, mapping: WrittenMapping): ExitStatus {
  const text = suggestionText(mapping);
  if (terminal.json) {
    printJson(terminal, { file: path, ...formOf(file), suggested: mapping, yaml: text });
    return 0;
  }
  terminal.err.write(`${path}: ${formText(file)}; nothing was sent. Put this under connections: of tributary.yaml,\n`);
  terminal.err.write(`or try it first: ${terminal.self} import ${path} --dry-run\n`);
  terminal.out.write(text);
  return 0;
}

async function tryRows(run: Run, suggested: WrittenMapping | undefined): Promise<ExitStatus> {
  const { terminal, path, options, local, file, rejects } = run;
  const connection = options.connection ?? 'my-files';
  const { map } = run;
  const sample: SampledRow[] = [];
  let rows = 0;
  let changes = 0;
  const bar = openBar(terminal, 'reading', local.byteLength);
  for await (const some of file.rows()) {
    for (const one of some) {
      rows += 1;
      const mapped = mapRow(map, one, connection, local.writtenAt);
      const refused = mapped.ok ? [] : [{ code: mapped.code, reason: mapped.reason }];
      if (sample.length < options.sample) {
        const record = 'row' in one ? one.row : one.raw;
        sample.push({
          line: one.line,
          record,
          changes: mapped.ok ? mapped.changes : [],
          rejected: refused,
        });
      }
      if (mapped.ok) changes += mapped.changes.length;
      else await rejects.add({ line: one.line, raw: one.raw, code: mapped.code, reason: mapped.reason });
    }
    bar.update(local.read(), countOf(rows, 'row'));
  }
  bar.end();
  const report = { rows, changes, rejected: rejects.total(), reasons: await rejects.end() };
  const { missing } = run;
  if (terminal.json) {
    const more = suggested === undefined ? {} : { suggested };
    printJson(terminal, { file: path, dryRun: true, ...formOf(file), ...report, missing, sample, ...more });
  } else {
    if (suggested !== undefined) printLine(terminal, suggestionText(suggested));
    const previews = sample.map(({ line, ...rest }) => ({ title: `line ${line}`, ...rest }));
    printSideBySide(terminal, previews);
    printReport(run, report, 'would become');
  }
  return report.rejected === 0 ? 0 : 1;
}

async function importRows(run: Run): Promise<ExitStatus> {
  const { terminal, path, options, local, file, rejects } = run;
  const { connection = '' } = options;
  const stage = openStageClient(options.stage);
  const content = await local.hash();
  const standing = await stage.post<StandingImport>('/api/import', { connection, content, fileAt: local.writtenAt });
  const { map } = run;
  const known = (batch: readonly FileRow[]): TakenRows => {
    const mapped = batch.map((one) => ({ line: one.line, mapped: mapRow(map, one, connection, standing.at) }));
    const rejected = mapped.flatMap(({ line, mapped }) =>
      mapped.ok ? [] : [{ line, code: mapped.code, reason: mapped.reason }],
    );
    const changes = mapped.reduce((sum, { mapped }) => sum + (mapped.ok ? mapped.changes.length : 0), 0);
    return { changes, rejected };
  };
  const bar = openBar(terminal, 'importing', local.byteLength);
  const sent = await sendRows(stage, standing, file.rows(), known, rejects, ({ rows }) =>
    bar.update(local.read(), countOf(rows, 'row')),
  );
  bar.end();
  const reasons = await rejects.end();
  const started = await stage.post<Job>(`/api/import/${encodeURIComponent(standing.import)}/end`, {});
  const job = await followJob(terminal, stage, started, (now) => {
    const { messages = 0, folded = 0 } = (now.parts[0] ?? {}) as { messages?: number; folded?: number };
    return `folding: ${folded} of ${countOf(messages, 'message')}`;
  });
  const report = { ...sent, rejected: rejects.total(), reasons };
  const again = standing.ended;
  if (terminal.json) {
    const { missing } = run;
    printJson(terminal, { file: path, import: standing.import, again, ...formOf(file), ...report, missing });
  } else {
    if (again) printLine(terminal, 'the same file was imported before, under the same mapping: nothing was sent again');
    printReport(run, report, 'became');
  }
  return job.state === 'finished' && report.rejected === 0 ? 0 : 1;
}

/** A row as it was read, beside what would become of it. */
interface SampledRow extends Omit<Preview, 'title'> {
  readonly line: number;
}

type RowOutcome =
  | { readonly ok: true; readonly changes: readonly Change[] }
  | { readonly ok: false; readonly code: string; readonly reason: string };

function mapRow(
  map: (record: unknown, connection: string) => MappedRecord,
  one: FileRow,
  connection: string,
  at: string,
): RowOutcome {
  if (!('row' in one)) return { ok: false, code: one.code, reason: one.reason };
  const mapped = map({ row: one.row, at }, connection);
  if (mapped.ok) return mapped;
  const { code, reason } = mapped.rejection;
  return { ok: false, code, reason };
}

function printReport({ terminal, path, file, options }: Run, report: Report, verb: string): void {
  const { rows, changes, rejected, reasons } = report;
  printLine(terminal, `${path}: ${formText(file)}`);
  printLine(terminal, `${countOf(rows, 'row')} ${verb} ${countOf(changes, 'change')}; ${rejected} rejected`);
  if (reasons.length === 0) return;
  const shown = reasons.map(({ code, reason, rows, lines }) => [
    code,
    reason,
    rows,
    `${lines.join(', ')}${lines.length < rows ? ', …' : ''}`,
  ]);
  printLine(terminal, tableOf(terminal, ['rejected for', 'because', 'rows', 'lines'], shown));
  if (options.rejects !== undefined) printLine(terminal, `they are in ${options.rejects}, as they were`);
}

function formOf({ form, gzip, csv, columns }: OpenFile) {
  return { form, gzip, ...(csv === undefined ? {} : { delimiter: csv.delimiter, quote: csv.quote }), columns };
}

function formText({ form, gzip, csv, columns }: OpenFile): string {
  const cells =
    csv === undefined ? '' : ` separated by ${csv.delimiter === '\t' ? 'tabs' : JSON.stringify(csv.delimiter)}`;
  const name = { csv: 'CSV', ndjson: 'NDJSON', parquet: 'Parquet' }[form];
  return `${name}${gzip ? ', compressed' : ''}${cells}, ${countOf(columns.length, 'column')}`;
}
