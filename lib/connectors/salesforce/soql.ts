/** A text as a SOQL literal. */
export function quoted(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `'${escaped}'`;
}

/** An instant as a SOQL literal. Salesforce stamps whole seconds, so a fraction only appears if there is one. */
export function instantLiteral(at: string): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

/** `Field IN ('a','b')`. */
export function oneOf(field: string, values: readonly string[]): string {
  return `${field} IN (${values.map(quoted).join(',')})`;
}

/** Conditions that must all hold; absent ones are left out. */
export function allOf(...conditions: readonly (string | undefined)[]): string {
  return conditions.filter((condition) => condition !== undefined).join(' AND ');
}

/**
 * Values in groups that fit into a query's URL. Salesforce is reported to take URLs of
 * about 16,000 bytes; a group leaves room for the rest of the query.
 */
export function inGroups(values: readonly string[], maxBytes = 10_000): string[][] {
  const groups: string[][] = [];
  let group: string[] = [];
  let bytes = 0;
  for (const value of values) {
    const size = encodeURIComponent(`${quoted(value)},`).length;
    if (group.length > 0 && bytes + size > maxBytes) {
      groups.push(group);
      group = [];
      bytes = 0;
    }
    group.push(value);
    bytes += size;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
