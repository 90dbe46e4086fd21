/** What the part of the address after # asks for. */
export type Route =
  | { readonly page: 'overview' }
  | { readonly page: 'audience'; readonly audience: string }
  | { readonly page: 'run'; readonly run: string };

/** Reads `#/audiences/ID` and `#/runs/ID`; everything else is the overview. */
export function routeOf(hash: string): Route {
  const [, kind, id] = /^#\/(audiences|runs)\/([^/]+)$/.exec(hash) ?? [];
  const name = id === undefined ? undefined : decoded(id);
  if (name === undefined) return { page: 'overview' };
  return kind === 'audiences' ? { page: 'audience', audience: name } : { page: 'run', run: name };
}

export function toAudience(audience: string): string {
  return `#/audiences/${encodeURIComponent(audience)}`;
}

export function toRun(run: string): string {
  return `#/runs/${encodeURIComponent(run)}`;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // Typed by hand, with a % that begins nothing.
  }
}
