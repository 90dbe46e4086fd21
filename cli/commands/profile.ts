import { personStep } from '../../lib/api/person-step.ts';
import { type FacetName, facetNames } from '../../lib/domain/facet/catalogue.ts';
import type { FacetValue } from '../../lib/domain/facet/facets.ts';
import type { Json } from '../../lib/domain/json.ts';
import type { PersonPage } from '../../lib/pipeline/describe/describe-person.ts';
import type { ExitStatus } from '../failure.ts';
import { tellMovement } from '../movement.ts';
import { openStageClient, type StageOptions } from '../stage-client.ts';
import { tableOf } from '../table.ts';
import { countOf, printJson, printLine, type Terminal } from '../terminal.ts';
import { unusableTable } from '../unusable.ts';

const ACTIVITIES_SHOWN = 10;

/** `tributary profile PERSON`: everything known about one person, each value with its source and time. */
export async function runProfile(terminal: Terminal, person: string, options: StageOptions): Promise<ExitStatus> {
  const page = await openStageClient(options.stage).get<PersonPage>(
    `/api/people/${encodeURIComponent(personStep(person))}`,
  );
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
  for (const facet of facetNames) {
    const values = page.facets[facet];
    if (values.length > 0) section(TITLES[facet], facetTable(terminal, values));
  }
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
  section('History', page.history.map(tellMovement).join('\n'));
  section('Records', page.fragments.join('\n'));
  if (page.unusable.length > 0) section('Told as identifiers, and none', unusableTable(terminal, page.unusable));
}

const TITLES: Readonly<Record<FacetName, string>> = {
  identity: 'Identity',
  demographic: 'Demographic',
  geographic: 'Geographic',
  firmographic: 'Firmographic',
  behavioural: 'Behavioural',
  implicit: 'Implicit',
  explicit: 'Explicit',
};

/** Every value with its source and time; values that lost stand under the one that won. */
function facetTable(terminal: Terminal, values: readonly FacetValue[]): string {
  const rows = values.flatMap(({ name, type, mismatch, because = '', losers, ...won }) => [
    [
      name,
      textOf(won.value),
      won.source,
      won.at,
      joined(noteOf(won.told, mismatch === true ? type : undefined), because),
    ],
    ...losers.map((loser) => ['', textOf(loser.value), loser.source, loser.at, joined('lost', noteOf(loser.told))]),
  ]);
  return tableRows(terminal, ['trait', 'value', 'source', 'since', ''], rows);
}

function noteOf(told: Json | undefined, expected?: string): string {
  return joined(
    told === undefined ? '' : `told as ${textOf(told)}`,
    expected === undefined ? '' : `mismatch: expected ${expected}`,
  );
}

function joined(...notes: readonly string[]): string {
  return notes.filter((note) => note !== '').join('; ');
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
