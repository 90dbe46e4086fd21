const KEY = 'tributary-token';

/** What is said to whoever is not let in. */
export const HOW_TO_GET_IN =
  'This page needs a token: open the console address that “tributary start” prints, with the #token=… at its end. ' +
  'A deployed API takes requests signed with IAM only.';

/**
 * Takes the token out of the address (`/#token=…`), so that it is not copied with it, and keeps it for this tab.
 * False when there is none.
 */
export function takeToken(): boolean {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given !== null) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, '', location.pathname);
  }
  return sessionStorage.getItem(KEY) !== null;
}

/** What each request to the API carries to be let in. */
export function credentials(): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ''}` };
}
