const KEY = 'tributary-token';

/** What the API, or the way to it, refused: a sentence to show. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: number;
  /** Where docs/errors.md explains it; absent when it was not the API that refused. */
  readonly code: string | undefined;

  constructor(status: number, message: string, code?: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

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

/** Asks the API; with a body, to do something. Throws RefusedError. */
export async function ask<Answer>(path: string, body?: object): Promise<Answer> {
  const headers = { authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ''}` };
  const request =
    body === undefined
      ? { headers }
      : { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(path, request).catch(() => undefined);
  if (answer === undefined) throw new RefusedError(0, 'The stage does not answer. Is it still running?');
  const content: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return content as Answer;
  if (answer.status === 401 || answer.status === 403) throw new RefusedError(answer.status, HOW_TO_GET_IN);
  const { message, code } = problemOf(content);
  throw new RefusedError(answer.status, message ?? `The API answered ${answer.status}.`, code);
}

export const HOW_TO_GET_IN =
  'This page needs a token: open the console address that “tributary start” prints, with the #token=… at its end. ' +
  'A deployed API takes requests signed with IAM only.';

function problemOf(content: unknown): { readonly message?: string; readonly code?: string } {
  if (typeof content !== 'object' || content === null) return {};
  const { message, code } = content as Readonly<Record<string, unknown>>;
  return { ...(typeof message === 'string' ? { message } : {}), ...(typeof code === 'string' ? { code } : {}) };
}
