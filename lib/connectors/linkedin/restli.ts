/**
 * Rest.li 2.0 as queries write it: parentheses, colons and commas of the structure stay as they are, those of values are
 * escaped (LinkedIn, "Protocol version 2.0"). `URLSearchParams` would escape both.
 */

/** A value. What `encodeURIComponent` leaves alone and the protocol does not, is escaped too. */
export function valueText(value: string): string {
  return encodeURIComponent(value).replace(/[()'*!]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** `(start:1,end:2)`; values come as text of the protocol. */
export function recordText(fields: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(fields).map(([key, text]) => `${key}:${text}`);
  return `(${pairs.join(',')})`;
}

/** `List(a,b)`. */
export function listText(values: readonly string[]): string {
  return `List(${values.map(valueText).join(',')})`;
}

/** `?q=owner&owner=…`; values come as text of the protocol. */
export function queryText(parameters: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(parameters).map(([key, text]) => `${key}=${text}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** What stands last in a URN: of `urn:li:person:abc`, `abc`. Undefined where it is no URN of that kind. */
export function idIn(urn: unknown, kind: string): string | undefined {
  if (typeof urn !== 'string' || !urn.startsWith(`urn:li:${kind}:`)) return undefined;
  const id = urn.slice(`urn:li:${kind}:`.length);
  return /^[\w-]{1,100}$/.test(id) ? id : undefined;
}
