import { ApiError } from './api-error.ts';

/** A literal as written; instants and days are told apart from texts by how they look. */
export type Literal =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'boolean'; readonly boolean: boolean }
  | { readonly kind: 'instant'; readonly text: string }
  | { readonly kind: 'null' };

export type Comparator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'like';

export type Expression =
  | { readonly kind: 'and'; readonly of: readonly Expression[] }
  | { readonly kind: 'or'; readonly of: readonly Expression[] }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'compare'; readonly field: string; readonly by: Comparator; readonly value: Literal }
  | { readonly kind: 'in'; readonly field: string; readonly values: readonly Literal[]; readonly negated: boolean };

export interface Query {
  /** Empty for `COUNT()`. */
  readonly fields: readonly string[];
  readonly count: boolean;
  readonly from: string;
  readonly where?: Expression;
  readonly orderBy: readonly { readonly field: string; readonly descending: boolean; readonly nullsLast: boolean }[];
  readonly limit?: number;
  readonly offset: number;
}

const TOKEN =
  /\s*(?:('(?:[^'\\]|\\.)*')|(\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2}))|(\d{4}-\d{2}-\d{2})|(-?\d+(?:\.\d+)?)|([A-Za-z_][\w.]*)|(<=|>=|!=|<>|[=<>(),]))/y;

type Token = { readonly kind: 'text' | 'instant' | 'number' | 'word' | 'mark'; readonly text: string };

/** Reads the part of SOQL that the simulator speaks; anything else is MALFORMED_QUERY, as Salesforce says it. */
export function parseSoql(soql: string): Query {
  const tokens = tokenise(soql);
  let at = 0;

  const peek = (): Token | undefined => tokens[at];
  const isWord = (...words: string[]): boolean =>
    peek()?.kind === 'word' && words.includes(peek()?.text.toLowerCase() ?? '');
  const isMark = (mark: string): boolean => peek()?.kind === 'mark' && peek()?.text === mark;

  function refuse(): never {
    throw malformed(soql, `unexpected token: '${peek()?.text ?? '<EOF>'}'`);
  }
  function take(kind: Token['kind']): string {
    const token = peek();
    if (token?.kind !== kind) refuse();
    at += 1;
    return token.text;
  }
  function word(...words: string[]): boolean {
    if (!isWord(...words)) return false;
    at += 1;
    return true;
  }
  function mark(text: string): boolean {
    if (!isMark(text)) return false;
    at += 1;
    return true;
  }
  function need(done: boolean): void {
    if (!done) refuse();
  }
  function listOf<T>(read: () => T): T[] {
    const list = [read()];
    while (mark(',')) list.push(read());
    return list;
  }

  function literal(): Literal {
    const token = peek();
    at += 1;
    if (token?.kind === 'text') return { kind: 'text', text: withoutEscapes(token.text) };
    if (token?.kind === 'instant') return { kind: 'instant', text: token.text };
    if (token?.kind === 'number') return { kind: 'number', number: Number(token.text) };
    const name = token?.kind === 'word' ? token.text.toLowerCase() : '';
    if (name === 'null') return { kind: 'null' };
    if (name === 'true' || name === 'false') return { kind: 'boolean', boolean: name === 'true' };
    at -= 1;
    return refuse();
  }

  function condition(): Expression {
    if (word('not')) return { kind: 'not', of: condition() };
    if (mark('(')) {
      const inner = expression();
      need(mark(')'));
      return inner;
    }
    const field = take('word');
    const negated = word('not');
    if (negated || isWord('in')) {
      need(word('in') && mark('('));
      const values = listOf(literal);
      need(mark(')'));
      return { kind: 'in', field, values, negated };
    }
    if (word('like')) return { kind: 'compare', field, by: 'like', value: literal() };
    const sign = take('mark').replace('<>', '!=');
    if (!['=', '!=', '<', '<=', '>', '>='].includes(sign)) refuse();
    return { kind: 'compare', field, by: sign as Comparator, value: literal() };
  }

  function expression(): Expression {
    const first = condition();
    const joiner = isWord('and') ? 'and' : isWord('or') ? 'or' : undefined;
    if (joiner === undefined) return first;
    const of = [first];
    while (word(joiner)) of.push(condition());
    // SOQL wants parentheses where AND meets OR (SOQL reference, condition expressions).
    if (isWord('and', 'or')) refuse();
    return { kind: joiner, of };
  }

  function order(): Query['orderBy'][number] {
    const field = take('word');
    const descending = word('desc') || (word('asc') && false);
    const nullsLast = word('nulls') ? word('last') || !word('first') : false;
    return { field, descending, nullsLast };
  }

  need(word('select'));
  const count = isWord('count') && tokens[at + 1]?.text === '(' && tokens[at + 2]?.text === ')';
  if (count) at += 3;
  const fields = count ? [] : listOf(() => take('word'));
  need(word('from'));
  const from = take('word');
  const where = word('where') ? expression() : undefined;
  const ordered = word('order');
  if (ordered) need(word('by'));
  const orderBy = ordered ? listOf(order) : [];
  const limit = word('limit') ? Number(take('number')) : undefined;
  const offset = word('offset') ? Number(take('number')) : 0;
  if (at < tokens.length) refuse();
  return {
    fields,
    count,
    from,
    orderBy,
    offset,
    ...(where === undefined ? {} : { where }),
    ...(limit === undefined ? {} : { limit }),
  };
}

function tokenise(soql: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (soql.slice(TOKEN.lastIndex).trim() !== '') {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(soql);
    if (match === null) throw malformed(soql, `unexpected character at ${start}`);
    const [, text, instant, day, number, name, sign] = match;
    if (text !== undefined) tokens.push({ kind: 'text', text });
    else if (instant !== undefined || day !== undefined) tokens.push({ kind: 'instant', text: instant ?? day ?? '' });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (name !== undefined) tokens.push({ kind: 'word', text: name });
    else tokens.push({ kind: 'mark', text: sign ?? '' });
  }
  return tokens;
}

function withoutEscapes(quoted: string): string {
  const plain: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  return quoted.slice(1, -1).replace(/\\(.)/g, (_all, character: string) => plain[character] ?? character);
}

function malformed(soql: string, what: string): ApiError {
  return new ApiError(400, 'MALFORMED_QUERY', `\n${soql.slice(0, 80)}\n^\nERROR at Row:1:Column:1\n${what}`);
}
