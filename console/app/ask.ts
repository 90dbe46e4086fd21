import { personStep } from '../../lib/api/person-step.ts';
import type { Answers } from './answers.ts';
import { forgetAnswers } from './kept.ts';
import { fillPath, type NamesIn, type ParamsOf, type Query } from './paths.ts';
import { credentials, reach, turnedAway } from './session.ts';

/** A method and a path of the API. */
export type Operation = keyof Answers;

/** What a question carries besides its operation. */
export type Question<Asked extends string> = {
  readonly query?: Query;
  readonly body?: object;
  /** The form that was edited: the API refuses when it is another one by now. */
  readonly form?: string | undefined;
} & ([NamesIn<Asked>] extends [never] ? { readonly params?: undefined } : { readonly params: ParamsOf<Asked> });

/** The rest of a call: nothing is needed for an operation without parameters. */
export type Rest<Asked extends string> = [NamesIn<Asked>] extends [never] ? [Question<Asked>?] : [Question<Asked>];

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

/** Asks the API. Throws RefusedError. */
export async function ask<Asked extends Operation>(operation: Asked, ...rest: Rest<Asked>): Promise<Answers[Asked]> {
  const [method = 'GET', path = ''] = operation.split(' ');
  const { params, query, body, form } = rest[0] ?? {};
  const proof = await credentials();
  const answer = await fetch(reach(fillPath(path, stepsOf(params), query)), {
    method,
    headers: {
      ...proof,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(form === undefined ? {} : { 'if-match': `"${form}"` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => undefined);
  if (answer === undefined) throw new RefusedError(0, 'The API does not answer. Is it still running?');
  const content: unknown = await answer.json().catch(() => undefined);
  if (method !== 'GET') forgetAnswers();
  if (answer.ok) return content as Answers[Asked];
  const { message, code } = problemOf(content);
  // The door has no codes; what the API itself refuses to a role says why.
  if (code === undefined && (answer.status === 401 || answer.status === 403)) {
    throw new RefusedError(answer.status, turnedAway());
  }
  throw new RefusedError(answer.status, message ?? `The API answered ${answer.status}.`, code);
}

function stepsOf(params: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return params.person === undefined ? params : { ...params, person: personStep(params.person) };
}

/** What was thrown, as a refusal to show. */
export function refusalOf(thrown: unknown): RefusedError {
  if (thrown instanceof RefusedError) return thrown;
  return new RefusedError(0, thrown instanceof Error ? thrown.message : 'Something went wrong.');
}

function problemOf(content: unknown): { readonly message?: string; readonly code?: string } {
  if (typeof content !== 'object' || content === null) return {};
  const { message, code } = content as Readonly<Record<string, unknown>>;
  return { ...(typeof message === 'string' ? { message } : {}), ...(typeof code === 'string' ? { code } : {}) };
}
