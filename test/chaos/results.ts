import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KindName, kindNames, kinds } from './fault-kinds.ts';

/** Where the latest whole run is kept, a seed a line: docs/reliability.md is made from it. */
export const resultsFile = join(import.meta.dirname, 'results.ndjson');

/** A seed as it is kept: what was counted, and how many of its things ended as they should not. */
export interface SeedLine {
  readonly seed: number;
  readonly struck: Partial<Readonly<Record<KindName, number>>>;
  readonly people: number;
  readonly records: number;
  readonly activities: number;
  readonly members: number;
  readonly redriven: number;
  readonly lost: number;
  readonly doubled: number;
  readonly unexplained: number;
}

/** What is told of the seeds in which a kind of fault was loose. */
export interface KindRow extends Omit<SeedLine, 'seed' | 'struck'> {
  readonly title: string;
  readonly seeds: number;
  readonly struck: number;
}

export function readResults(file = resultsFile): readonly SeedLine[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SeedLine);
}

/** A row for each kind, then one for all seeds. */
export function rowsOf(lines: readonly SeedLine[]): readonly KindRow[] {
  const ofKind = (name: KindName): KindRow => {
    const met = lines.filter(({ struck }) => struck[name] !== undefined);
    return rowOf(
      kinds[name].title,
      met,
      met.reduce((sum, { struck }) => sum + (struck[name] ?? 0), 0),
    );
  };
  const strikes = lines.flatMap(({ struck }) => Object.values(struck)).reduce((sum, count) => sum + count, 0);
  return [...kindNames.map(ofKind), rowOf('all seeds', lines, strikes)];
}

const counted = ['people', 'records', 'activities', 'members', 'redriven', 'lost', 'doubled', 'unexplained'] as const;

function rowOf(title: string, lines: readonly SeedLine[], struck: number): KindRow {
  const sums = counted.map((name) => [name, lines.reduce((sum, line) => sum + line[name], 0)] as const);
  return {
    ...{ title, seeds: lines.length, struck },
    ...(Object.fromEntries(sums) as Record<(typeof counted)[number], number>),
  };
}
