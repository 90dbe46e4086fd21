/**
 * The segment language as SQL for DuckDB, for a second opinion that is not ours. A query asks table `asks`
 * (ask, rule, id, now, traits, since, granted, segments), and of what was done up to then table `done`
 * (ask, now, name, instant, properties). Instants are milliseconds.
 *
 * Everything that a condition can say has a form in SQL. What has none: the flip (a query answers at one instant; the
 * test asks at the flip and just before it), the receipt, and that a final sigma is a sigma (`lower` does not know).
 */
type Written = Readonly<Record<string, unknown>>;

const DAY = 86_400_000;
const units: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: DAY, week: 7 * DAY };
const instantOperators = ['before', 'after', 'within_last', 'within_next', 'more_than_ago'];
const aggregates: Readonly<Record<string, string>> = { sum: 'sum', avg: 'avg', min: 'min', max: 'max' };

/** A condition as a boolean expression over `asks p`; never null. */
export function sqlOf(condition: Written, others: Readonly<Record<string, Written>>): string {
  const inner = (one: unknown): string => sqlOf(one as Written, others);
  if ('all' in condition) return `(${(condition.all as unknown[]).map(inner).join(' AND ')})`;
  if ('any' in condition) return `(${(condition.any as unknown[]).map(inner).join(' OR ')})`;
  if ('not' in condition) return `(NOT ${inner(condition.not)})`;
  if ('trait' in condition) return testOf(at('p.traits', condition.trait), condition, 'p.now');
  if ('has_been' in condition) return hasBeen(condition.has_been as Written);
  if ('did' in condition) return did(condition);
  if ('consent' in condition) return `list_contains(p.granted, ${text(condition.consent)})`;
  if ('subscribed' in condition) return `list_contains(p.granted, ${text(condition.subscribed)})`;
  if ('bucket' in condition) return bucket(condition.bucket as Record<string, string>);
  const other = others[condition.segment as string];
  return other === undefined ? `list_contains(p.segments, ${text(condition.segment)})` : inner(other);
}

/** One operator of a JSON value; never null. */
function testOf(value: string, test: Written, now: string): string {
  const exact = test.case === 'exact';
  const type = `json_type(${value})`;
  const number = numberOf(value);
  const held = (condition: string): string => `coalesce(${condition}, false)`;
  const among = (wanted: readonly unknown[]): string =>
    held(
      `CASE WHEN ${type} = 'ARRAY' THEN len(list_filter(TRY_CAST(${value} AS JSON[]), x -> ${equalsAny('x', wanted, exact)})) > 0
       ELSE ${equalsAny(value, wanted, exact)} END`,
    );
  const contains = (wanted: unknown): string => {
    const part =
      typeof wanted === 'string' ? held(`contains(${textOf(value, exact)}, ${folded(text(wanted), exact)})`) : 'false';
    return `CASE WHEN coalesce(${type} = 'ARRAY', false) THEN ${among([wanted])} ELSE ${part} END`;
  };
  if ('is' in test) return among([test.is]);
  if ('is_not' in test) return `NOT ${among([test.is_not])}`;
  if ('in' in test) return among(test.in as unknown[]);
  if ('not_in' in test) return `NOT ${among(test.not_in as unknown[])}`;
  if ('exists' in test) return `(coalesce(${type} <> 'NULL', false) = ${test.exists})`;
  if ('contains' in test) return contains(test.contains);
  if ('not_contains' in test) return `NOT ${contains(test.not_contains)}`;
  for (const name of ['starts_with', 'ends_with']) {
    if (name in test) return held(`${name}(${textOf(value, exact)}, ${folded(text(test[name]), exact)})`);
  }
  if ('matches' in test) {
    return held(`regexp_matches(${textOf(value, true)}, ${text(test.matches)}, ${exact ? "'c'" : "'i'"})`);
  }
  if ('anniversary_within' in test) return held(comesRound(value, test, now));
  const [from] = Array.isArray(test.between) ? (test.between as unknown[]) : [];
  if (typeof from === 'string' || instantOperators.some((name) => name in test)) {
    return testInstant(instantOf(value), test, now);
  }
  return testNumber(number, test);
}

/** An operator on a number that may be null; `is_not` is the complement. */
function testNumber(number: string, test: Written): string {
  const signs: Readonly<Record<string, string>> = { is: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' };
  for (const [name, sign] of Object.entries(signs)) {
    if (name in test) return `coalesce(${number} ${sign} ${Number(test[name])}, false)`;
  }
  if ('is_not' in test) return `(NOT coalesce(${number} = ${Number(test.is_not)}, false))`;
  const [from, to] = test.between as [number, number];
  return `coalesce(${number} BETWEEN ${Number(from)} AND ${Number(to)}, false)`;
}

/** An operator on an instant in ms that may be null. */
function testInstant(instant: string, test: Written, now: string): string {
  return `coalesce(${instantCondition(instant, test, now)}, false)`;
}

function instantCondition(instant: string, test: Written, now: string): string {
  if ('before' in test) return `${instant} < ${Date.parse(String(test.before))}`;
  if ('after' in test) return `${instant} > ${Date.parse(String(test.after))}`;
  if ('between' in test) {
    const [from, to] = (test.between as string[]).map((one) => Date.parse(one));
    return `${instant} BETWEEN ${from} AND ${to}`;
  }
  const words = test.within_last ?? test.within_next ?? test.more_than_ago;
  if (test.calendar === undefined) {
    const length = lengthOf(words);
    if ('within_last' in test) return `${instant} > ${now} - ${length} AND ${instant} <= ${now}`;
    if ('within_next' in test) return `${instant} > ${now} AND ${instant} <= ${now} + ${length}`;
    return `${instant} <= ${now} - ${length}`;
  }
  const ago = `(${dayOf(now, test.calendar)} - ${dayOf(instant, test.calendar)})`;
  const days = lengthOf(words) / DAY;
  if ('within_last' in test) return `${instant} <= ${now} AND ${ago} < ${days}`;
  return 'within_next' in test ? `${instant} > ${now} AND -${ago} < ${days}` : `${ago} >= ${days}`;
}

function comesRound(value: string, test: Written, now: string): string {
  const isDate = `regexp_matches(${value}->>'$', '^\\d{4}-\\d\\d-\\d\\d$')`;
  const instant = `CASE WHEN ${isDate} THEN epoch_ms(TRY_CAST(${value}->>'$' AS TIMESTAMP)) ELSE ${instantOf(value)} END`;
  const zone = test.calendar;
  const anchor =
    zone === undefined
      ? `(${instant})`
      : `(CASE WHEN ${isDate} THEN ${instant} ELSE ${dayOf(`(${instant})`, zone)} * ${DAY} END)`;
  const date = `make_timestamp(CAST(${anchor} AS BIGINT) * 1000)`;
  const kept = `CASE WHEN month(${date}) = 2 AND day(${date}) = 29 AND NOT (y % 4 = 0 AND (y % 100 <> 0 OR y % 400 = 0)) THEN 28 ELSE day(${date}) END`;
  const day = `date_diff('day', DATE '1970-01-01', make_date(y, month(${date}), ${kept}))`;
  const occurs = `(${day} * ${DAY} + ((${anchor} % ${DAY}) + ${DAY}) % ${DAY})`;
  const length = lengthOf(test.anniversary_within);
  const inside =
    zone === undefined
      ? `${occurs} > ${now} AND ${occurs} <= ${now} + ${length}`
      : `${day} - ${dayOf(now, zone)} BETWEEN 0 AND ${length / DAY - 1}`;
  return `json_type(${value}) = 'VARCHAR' AND len(list_filter(range(year(${date}), 2060), y -> ${inside})) > 0`;
}

function hasBeen(held: Written): string {
  const since = `CAST(json_extract(p.since, ${text(`$."${held.trait}"`)}) AS BIGINT)`;
  const ripe =
    held.calendar === undefined
      ? `${since} <= p.now - ${lengthOf(held.for)}`
      : `${dayOf('p.now', held.calendar)} - ${dayOf(since, held.calendar)} >= ${lengthOf(held.for) / DAY}`;
  return `(${testOf(at('p.traits', held.trait), held, 'p.now')} AND coalesce(${ripe}, false))`;
}

function bucket({ salt, from, to }: Record<string, string>): string {
  const place = `CAST(('0x' || substr(sha256(${text(`${salt}:`)} || p.id), 1, 16)) AS UBIGINT) / 18446744073709551616.0::DOUBLE`;
  const [low, high] = [from, to].map((percent) => Number.parseFloat(percent ?? '') / 100);
  return `(${place} >= ${low} AND ${high === 1 ? 'true' : `${place} < ${high}`})`;
}

function did(leaf: Written): string {
  const conditions = ['a.ask = p.ask', `a.name = ${text(leaf.did)}`, ...wheres(leaf, 'a'), ...windowOf(leaf)];
  if (leaf.followed_by !== undefined) conditions.push(follows(leaf.followed_by as Written));
  if (leaf.not_followed_by !== undefined) {
    const follower = leaf.not_followed_by as Written;
    conditions.push(`a.now >= a.instant + ${lengthOf(follower.within)}`, `NOT ${follows(follower)}`);
  }
  const from = `FROM done a WHERE ${conditions.join(' AND ')}`;
  return reduced(leaf, from);
}

function reduced(leaf: Written, from: string): string {
  for (const [name, aggregate] of Object.entries(aggregates)) {
    if (leaf[name] === undefined) continue;
    const test = leaf[name] as Written;
    const value = `(SELECT ${aggregate}(${numberOf(at('a.properties', test.property))}) ${from})`;
    return testNumber(name === 'sum' ? `coalesce(${value}, 0)` : value, test);
  }
  if (leaf.distinct !== undefined) {
    const test = leaf.distinct as Written;
    const value = at('a.properties', test.property);
    const scalar = `coalesce('n' || CAST(${numberOf(value)} AS VARCHAR), 's' || ${textOf(value, test.case === 'exact')},
      CASE WHEN json_type(${value}) = 'BOOLEAN' THEN 'b' || (${value}->>'$') END)`;
    return testNumber(`(SELECT count(DISTINCT ${scalar}) ${from})`, test);
  }
  if (leaf.first !== undefined) return edge('min', leaf.first as Written, from);
  if (leaf.last !== undefined) return edge('max', leaf.last as Written, from);
  if (leaf.regularly !== undefined) return regularly(leaf, from);
  const { at_least: least, at_most: most, exactly } = (leaf.count ?? { at_least: 1 }) as Record<string, number>;
  const count = `(SELECT count(*) ${from})`;
  if (exactly !== undefined) return `(${count} = ${exactly})`;
  return `(${count} >= ${least ?? 0} AND ${most === undefined ? 'true' : `${count} <= ${most}`})`;
}

/** An operator on the instant of the first or the last; where there is none it is false. */
function edge(which: 'min' | 'max', test: Written, from: string): string {
  const written = "to_json(strftime(make_timestamp(e.instant * 1000), '%Y-%m-%dT%H:%M:%S.%gZ'))";
  const held = 'anniversary_within' in test ? testOf(written, test, 'e.now') : testInstant('e.instant', test, 'e.now');
  return `(SELECT ${held} FROM (SELECT ${which}(a.instant) AS instant, max(a.now) AS now ${from}) e)`;
}

function regularly(leaf: Written, from: string): string {
  const { in: least, of } = leaf.regularly as { in: number; of: string };
  const length = lengthOf(of) / Number(of.split(' ')[0]);
  const zone = leaf.calendar;
  const ago = zone === undefined ? '(a.now - a.instant)' : `(${dayOf('a.now', zone)} - ${dayOf('a.instant', zone)})`;
  const [period, whole] = zone === undefined ? [length, lengthOf(of)] : [length / DAY, lengthOf(of) / DAY];
  return `((SELECT count(DISTINCT ${ago} // ${period}) ${from} AND ${ago} < ${whole}) >= ${least})`;
}

function follows(follower: Written): string {
  const conditions = ['b.ask = a.ask', `b.name = ${text(follower.did)}`, ...wheres(follower, 'b')];
  const span = `b.instant > a.instant AND b.instant <= a.instant + ${lengthOf(follower.within)}`;
  return `EXISTS (SELECT 1 FROM done b WHERE ${conditions.join(' AND ')} AND ${span})`;
}

function wheres(leaf: Written, alias: string): string[] {
  return Object.entries((leaf.where ?? {}) as Record<string, Written>).map(([path, test]) =>
    testOf(at(`${alias}.properties`, path), test, `${alias}.now`),
  );
}

function windowOf(leaf: Written): string[] {
  if (leaf.between !== undefined) {
    const [from, to] = (leaf.between as string[]).map((one) => Date.parse(one));
    return [`a.instant BETWEEN ${from} AND ${to}`];
  }
  const from = leaf.within ?? leaf.from;
  if (from === undefined) return [];
  if (leaf.calendar === undefined) {
    return [
      `a.instant > a.now - ${lengthOf(from)}`,
      `a.instant <= a.now - ${leaf.to === undefined ? 0 : lengthOf(leaf.to)}`,
    ];
  }
  const ago = `(${dayOf('a.now', leaf.calendar)} - ${dayOf('a.instant', leaf.calendar)})`;
  return [`${ago} < ${lengthOf(from) / DAY}`, `${ago} >= ${leaf.to === undefined ? 0 : lengthOf(leaf.to) / DAY}`];
}

function equalsAny(value: string, wanted: readonly unknown[], exact: boolean): string {
  const each = wanted.map((one) => {
    if (typeof one === 'string') return `${textOf(value, exact)} = ${folded(text(one), exact)}`;
    if (typeof one === 'number') return `${numberOf(value)} = ${one}`;
    return `(json_type(${value}) = 'BOOLEAN' AND (${value}->>'$') = '${String(one)}')`;
  });
  return `(${each.map((one) => `coalesce(${one}, false)`).join(' OR ')})`;
}

function at(json: string, path: unknown): string {
  const steps = String(path).split('.');
  return `json_extract(${json}, ${text(`$${steps.map((step) => `."${step}"`).join('')}`)})`;
}

function numberOf(value: string): string {
  return `(CASE WHEN json_type(${value}) IN ('UBIGINT', 'BIGINT', 'DOUBLE') THEN TRY_CAST(${value}->>'$' AS DOUBLE) END)`;
}

function textOf(value: string, exact: boolean): string {
  return folded(`(CASE WHEN json_type(${value}) = 'VARCHAR' THEN ${value}->>'$' END)`, exact);
}

function folded(words: string, exact: boolean): string {
  return exact ? `nfc_normalize(${words})` : `nfc_normalize(lower(nfc_normalize(${words})))`;
}

/** What is written as an instant, in ms; a date alone is none. */
function instantOf(value: string): string {
  return `(CASE WHEN json_type(${value}) = 'VARCHAR' AND regexp_matches(${value}->>'$', '^\\d{4}-\\d\\d-\\d\\dT')
    THEN epoch_ms(TRY_CAST(${value}->>'$' AS TIMESTAMP)) END)`;
}

/** Days since 1970 of the local date in a zone. */
function dayOf(instant: string, zone: unknown): string {
  const local = `timezone(${text(zone)}, make_timestamptz(CAST(${instant} AS BIGINT) * 1000))`;
  return `date_diff('day', DATE '1970-01-01', CAST(${local} AS DATE))`;
}

function lengthOf(words: unknown): number {
  const [amount, unit] = String(words).split(' ');
  return Number(amount) * (units[(unit ?? '').replace(/s$/, '')] ?? Number.NaN);
}

function text(value: unknown): string {
  return `'${String(value).replaceAll("'", "''")}'`;
}
