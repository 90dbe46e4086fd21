const KEY = 'tributary-token';

/** What the API, or the way to it, refused: a sentence to show. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
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

/** Asks the API. Throws RefusedError. */
export async function ask<Answer>(path: string): Promise<Answer> {
  const token = sessionStorage.getItem(KEY) ?? '';
  const answer = await fetch(path, { headers: { authorization: `Bearer ${token}` } }).catch(() => undefined);
  if (answer === undefined) throw new RefusedError(0, 'The stage does not answer. Is it still running?');
  const content: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return content as Answer;
  if (answer.status === 401 || answer.status === 403) throw new RefusedError(answer.status, HOW_TO_GET_IN);
  throw new RefusedError(answer.status, messageOf(content) ?? `The API answered ${answer.status}.`);
}

export const HOW_TO_GET_IN =
  'This page needs a token: open the console address that “tributary start” prints, with the #token=… at its end. ' +
  'A deployed API takes requests signed with IAM only.';

function messageOf(content: unknown): string | undefined {
  const isProblem = typeof content === 'object' && content !== null && 'message' in content;
  return isProblem && typeof content.message === 'string' ? content.message : undefined;
}
