import { parse } from 'csv-parse/sync';
import { TributaryError } from '../../domain/errors.ts';

/** How cells are told apart. */
export interface CsvForm {
  readonly delimiter: string;
  readonly quote: string;
}

const DELIMITERS = [',', ';', '\t', '|'];
const QUOTES = ['"', "'"];
const LOOKED_AT = 50;

/** Finds out from the first lines of a file what stands between its cells and around them. */
export function detectForm(lines: readonly string[]): CsvForm {
  const texts = lines.filter((line) => line.trim() !== '').slice(0, LOOKED_AT);
  const quote = QUOTES.map((one) => ({ one, cells: countQuoted(texts, one) })).reduce((best, next) =>
    next.cells > best.cells ? next : best,
  ).one;
  const [header = ''] = texts;
  let found = { delimiter: ',', score: 0 };
  for (const delimiter of DELIMITERS) {
    const wanted = cellsOf([header], { delimiter, quote })[0]?.length ?? 1;
    if (wanted < 2) continue;
    const same = texts.filter((line) => cellsOf([line], { delimiter, quote })[0]?.length === wanted).length;
    const score = (same / texts.length) * 1_000 + wanted;
    if (score > found.score) found = { delimiter, score };
  }
  return { delimiter: found.delimiter, quote };
}

/** The cells of whole records, each a text without its end of line. */
export function cellsOf(records: readonly string[], form: CsvForm): readonly (readonly string[])[] {
  if (records.every((record) => !record.includes(form.quote))) {
    return records.map((record) => record.split(form.delimiter));
  }
  // Whoever calls has seen that each quote is closed; what is left to take is a quote inside a bare cell.
  const options = { ...form, record_delimiter: '\n', relax_column_count: true, relax_quotes: true };
  try {
    const parsed: readonly (readonly string[])[] = parse(records.join('\n'), options);
    if (parsed.length === records.length) return parsed;
  } catch {
    // One of them: taken one by one, the others are read.
  }
  return records.length === 1 ? [[]] : records.flatMap((record) => cellsOf([record], form));
}

/**
 * Whether a text that begins with a record holds all of it: `open` = a quote is not closed yet, `bad` = there is something
 * between a closing quote and the next delimiter.
 */
export function recordState(text: string, { delimiter, quote }: CsvForm): 'whole' | 'open' | 'bad' {
  let at = 0;
  for (;;) {
    if (text[at] !== quote) {
      const next = text.indexOf(delimiter, at);
      if (next === -1) return 'whole';
      at = next + 1;
      continue;
    }
    for (at += 1; ; at += 2) {
      at = text.indexOf(quote, at);
      if (at === -1) return 'open';
      if (text[at + 1] !== quote) break;
    }
    at += 1;
    if (at === text.length) return 'whole';
    if (text[at] !== delimiter) return 'bad';
    at += 1;
  }
}

/** Far more than anybody's tool writes; each name is compared with all others. */
const MOST_COLUMNS = 2_000;
const MOST_STEPS = 16;

/** Names of columns from the cells of the first record; undefined where a column has no name. Throws `import/bad-header`. */
export function headerOf(cells: readonly string[]): readonly (string | undefined)[] {
  if (cells.length > MOST_COLUMNS) {
    throw badHeader(`the first line has ${cells.length} cells; expected at most ${MOST_COLUMNS} columns`);
  }
  const names = cells.map((cell) => cell.trim());
  const told = names.filter((name) => name !== '');
  const data = told.findIndex((name) => /@\S[^\s.@]*\.\S/.test(name) || /^[+-]?[\d.,:/ -]+$/.test(name));
  if (told.length === 0 || data !== -1) {
    const why = told.length === 0 ? 'holds nothing' : `holds data in column ${data + 1}`;
    throw badHeader(`the first line ${why}; expected the names of the columns`);
  }
  const twice = told.findIndex((name, index) => told.indexOf(name) !== index);
  if (twice !== -1) throw badHeader(`two columns are called ${JSON.stringify(told[twice])}; expected a name for each`);
  for (const name of told) {
    const steps = name.split('.');
    if (steps.length > MOST_STEPS) {
      throw badHeader(
        `a column goes ${steps.length} levels inside: a dot means "inside", and at most ${MOST_STEPS} are read`,
      );
    }
    if (steps.some((step) => step === '__proto__' || step === '\u0000')) {
      throw badHeader('a column has a name that no column can have; call it something else');
    }
    const inner = told.find((other) => other.startsWith(`${name}.`));
    if (inner !== undefined) {
      const both = `${JSON.stringify(name)} and ${JSON.stringify(inner)}`;
      throw badHeader(`columns ${both} cannot stand beside each other: a dot means "inside"; rename one`);
    }
  }
  return names.map((name) => (name === '' ? undefined : name));
}

/** A record of named cells. A dot in a name means inside, as in paths of mappings. */
export function rowOf(columns: readonly (string | undefined)[], cells: readonly string[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [index, name] of columns.entries()) {
    if (name === undefined) continue;
    if (!name.includes('.')) {
      row[name] = cells[index] ?? '';
      continue;
    }
    const steps = name.split('.');
    const last = steps.pop() ?? '';
    let holder = row;
    for (const step of steps) {
      if (!Object.hasOwn(holder, step)) holder[step] = {};
      holder = holder[step] as Record<string, unknown>;
    }
    holder[last] = cells[index] ?? '';
  }
  return row;
}

function countQuoted(lines: readonly string[], quote: string): number {
  const opening = new RegExp(`(?:^|[,;\t|])${quote}`, 'g');
  const closing = new RegExp(`${quote}(?=[,;\t|]|$)`, 'g');
  const count = (line: string, what: RegExp): number => line.match(what)?.length ?? 0;
  return lines.reduce((sum, line) => sum + Math.min(count(line, opening), count(line, closing)), 0);
}

function badHeader(message: string): TributaryError {
  return new TributaryError('rejected', 'import/bad-header', message);
}
