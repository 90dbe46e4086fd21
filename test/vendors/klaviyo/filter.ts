import { problems } from './api-error.ts';

export type Operator = 'equals' | 'any' | 'greater-than' | 'greater-or-equal' | 'less-than' | 'less-or-equal';

export interface Condition {
  readonly operator: Operator;
  readonly field: string;
  readonly values: readonly string[];
}

/** What may be asked of each field, and where its value stands. Instants are compared as numbers. */
export interface Field<Row> {
  readonly operators: readonly Operator[];
  readonly valuesOf: (row: Row) => readonly (string | number | null)[];
}

export type Fields<Row> = Readonly<Record<string, Field<Row>>>;

export const SPAN: readonly Operator[] = ['greater-than', 'greater-or-equal', 'less-than', 'less-or-equal'];
export const NAMED: readonly Operator[] = ['any', 'equals'];

/** Rows that meet every condition of a `filter` parameter. */
export function filtered<Row>(rows: readonly Row[], text: string | null, fields: Fields<Row>): readonly Row[] {
  if (text === null) return rows;
  const conditions = parseFilter(text);
  for (const { field, operator } of conditions) {
    if (fields[field]?.operators.includes(operator) !== true) {
      throw problems.query('filter', `'${field}' is not allowed with operator '${operator}'`);
    }
  }
  return rows.filter((row) => conditions.every((one) => holds(fields[one.field]?.valuesOf(row) ?? [], one)));
}

const CONDITION = /^([a-z-]+)\(([a-z_.]+),((?:"(?:[^"\\]|\\.)*"|\[[^\]]*\]|[^()",[\]]+))\)(?:,|$)/;

/** `greater-than(updated,2026-07-01T00:00:00Z),any(email,["a@example.com"])`: a comma between two means "and". */
export function parseFilter(text: string): readonly Condition[] {
  const conditions: Condition[] = [];
  for (let rest = text; rest !== ''; ) {
    const match = CONDITION.exec(rest);
    const [whole, operator, field = '', value = ''] = match ?? [];
    if (whole === undefined) throw problems.query('filter', 'The filter could not be parsed.');
    conditions.push({ operator: operator as Operator, field, values: valuesIn(value) });
    rest = rest.slice(whole.length);
  }
  return conditions;
}

function valuesIn(text: string): readonly string[] {
  if (!/^["[]/.test(text)) return [text];
  try {
    const value: unknown = JSON.parse(text);
    return (Array.isArray(value) ? value : [value]).map(String);
  } catch {
    throw problems.query('filter', 'The filter could not be parsed.');
  }
}

function holds(own: readonly (string | number | null)[], { operator, values }: Condition): boolean {
  const [wanted = ''] = values;
  return own.some((value) => {
    if (value === null) return false;
    if (operator === 'equals') return String(value) === wanted;
    if (operator === 'any') return values.includes(String(value));
    const than = Date.parse(wanted);
    if (Number.isNaN(than)) throw problems.query('filter', 'Expected a datetime.');
    const at = Number(value);
    if (operator === 'greater-than') return at > than;
    if (operator === 'greater-or-equal') return at >= than;
    return operator === 'less-than' ? at < than : at <= than;
  });
}
