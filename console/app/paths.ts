/** Names of the parameters of a path, which it has in braces: `/api/people/{person}` has `person`. */
export type NamesIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never;

/** A value for each parameter of a path. */
export type ParamsOf<Path extends string> = Readonly<Record<NamesIn<Path>, string>>;

/** What stands behind the question mark; absent values are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/** Puts values in the place of a path's parameters. */
export function fillPath(path: string, params: Readonly<Record<string, string>> = {}, query: Query = {}): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return given.length === 0 ? filled : `${filled}?${new URLSearchParams(given)}`;
}

/** The values of a path's parameters in an address, undefined when the address is of another path. */
export function matchPath(path: string, address: string): Readonly<Record<string, string>> | undefined {
  const [wanted, given] = [path.split('/'), address.split('/')];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    const value = decoded(given[index] ?? '');
    if (name === undefined ? value !== part : value === undefined || value === '') return undefined;
    if (name !== undefined && value !== undefined) params[name] = value;
  }
  return params;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // Typed by hand, with a % that begins nothing.
  }
}
