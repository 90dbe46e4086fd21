import { flattenTraits } from '../../lib/domain/fragment.ts';
import type { Json, JsonObject } from '../../lib/domain/json.ts';
import type { PersonPage } from '../../lib/pipeline/describe-person.ts';
import type { ExitStatus } from '../failure.ts';
import { openStageClient } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';

interface Options {
  readonly stage?: string;
}

const ACTIVITIES_SHOWN = 10;

/** `tributary profile PERSON`: everything known about one person, each value with its source and time. */
export async function runProfile(terminal: Terminal, person: string, options: Options): Promise<ExitStatus> {
  const page = await openStageClient(options.stage).get<PersonPage>(`/api/people/${encodeURIComponent(person)}`);
  if (terminal.json) printJson(terminal, page);
  else printPage(terminal, page);
  return 0;
}

function printPage(terminal: Terminal, page: PersonPage): void {
  const section = (title: string, text: string): void => {
    printLine(terminal, `\n${terminal.paint(['bold', 'underline'], title)}`);
    printLine(terminal, text === '' ? terminal.paint('dim', 'none') : text);
  };
  printLine(terminal, terminal.paint('bold', page.id));
  section('Known as', page.identifiers.map(({ type, value }) => `${type}  ${value}`).join('\n'));
  section('Traits', traitTable(terminal, page));
  section('Segments', page.segments.join('\n'));
  section(
    'Audiences',
    Object.entries(page.audiences)
      .map(([audience, wanted]) => `${audience}  ${wanted.in ? 'wanted' : wanted.reason}`)
      .join('\n'),
  );
  section(
    'Consent',
    tableRows(
      terminal,
      ['address', 'topic', 'state', 'since', 'by', 'source'],
      page.consent.map(({ address, topic, state, at, by, source }) => [address, topic, state, at, by, source]),
    ),
  );
  const latest = page.activities.latest.slice(0, ACTIVITIES_SHOWN);
  section(
    `${countOf(page.activities.total, 'activity', 'activities')}, the latest first`,
    tableRows(
      terminal,
      ['at', 'what', 'source'],
      latest.map(({ at, name, fragment }) => [at, name, fragment]),
    ),
  );
  section(
    'History',
    page.history.map(({ at, entered, segment }) => `${at}  ${entered ? 'entered' : 'left'} ${segment}`).join('\n'),
  );
  section('Records', page.fragments.join('\n'));
}

function traitTable(terminal: Terminal, page: PersonPage): string {
  const rows = [...flattenTraits(page.traits as JsonObject)].map(([path, value]) => {
    const from = page.sources[path];
    const losers = from?.losers.length ?? 0;
    return [path, textOf(value), from?.source, from?.at, losers === 0 ? '' : countOf(losers, 'other value')];
  });
  return tableRows(terminal, ['trait', 'value', 'source', 'since', ''], rows);
}

function tableRows(
  terminal: Terminal,
  head: readonly string[],
  rows: readonly (readonly (string | undefined)[])[],
): string {
  return rows.length === 0 ? '' : tableOf(terminal, head, rows);
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
