import { TributaryError } from '../../domain/errors.ts';
import { errorOf, type Failure, networkErrors, unless, unreadableAnswers } from '../requests.ts';

const MINUTE = 60_000;

/** An answer that is no success, as far as it tells something. */
export interface Refusal {
  readonly status: number;
  /** Of the body's `error`; absent where the body is none of the Graph API's, such as a page for people. */
  readonly code?: number | undefined;
  readonly subcode?: number | undefined;
  readonly transient?: boolean | undefined;
  /** Meta's own words: only ever searched. */
  readonly words: string;
  /** How long the usage headers say that it lasts. */
  readonly waitMs?: number | undefined;
}

const tokenRefused: Failure = {
  kind: 'auth',
  code: 'meta/token-refused',
  says: 'Meta refused the access token; it expired, was withdrawn or its password changed: put a new one into the secret',
};
const proofRefused: Failure = {
  kind: 'auth',
  code: 'meta/app-secret-refused',
  says: 'the app secret is not that of the app which the access token belongs to; correct the secret',
};
const missingPermission: Failure = {
  kind: 'config',
  code: 'meta/missing-permission',
  says: 'the access token may not do this; give it the permissions and assets that docs/connectors/meta.md lists',
};
const throttled: Failure = {
  kind: 'rate-limited',
  code: 'meta/throttled',
  says: 'Meta asked us to slow down',
  // Its windows are an hour long and roll.
  retryAfterMs: 5 * MINUTE,
};
const unavailable: Failure = {
  kind: 'transient',
  code: 'meta/unavailable',
  says: 'Meta could not answer; whether a write was done is unknown',
};
const notFound: Failure = {
  kind: 'rejected',
  code: 'meta/not-found',
  says: 'Meta does not have what was asked for, or does not show it to this access token',
};
const parameterRefused: Failure = {
  kind: 'defect',
  code: 'meta/parameter-refused',
  says: 'Meta did not accept a parameter as we sent it',
};
const termsMissing: Failure = {
  kind: 'config',
  code: 'meta/terms-not-accepted',
  says: 'the ad account has not accepted the terms of custom audiences; an admin accepts them in Ads Manager',
};
const tooSmall: Failure = {
  kind: 'rejected',
  code: 'meta/audience-too-small',
  says: 'Meta takes nobody off an audience that would be too small then',
};
const refused: Failure = {
  kind: 'defect',
  code: 'meta/request-refused',
  says: 'Meta did not accept a request as we made it',
};
const unreadable: Failure = {
  kind: 'transient',
  code: 'meta/unreadable-answer',
  says: 'Meta answered with something that is no answer of its API',
};

const all = (failure: Failure, codes: readonly number[]) => codes.map((code) => [code, failure] as const);

/** Graph API, "Handling errors", and the Marketing API's own codes. 200 to 299 are permissions too. */
const codes: ReadonlyMap<number, Failure> = new Map([
  ...all(unavailable, [1, 2, 341, 368, 5000, 21009]),
  ...all(throttled, [4, 17, 32, 613, 80000, 80001, 80002, 80003, 80004, 80005, 80006, 80008, 80009, 80014]),
  ...all(tokenRefused, [102, 190]),
  ...all(missingPermission, [3, 10]),
  ...all(parameterRefused, [100, 105]),
  ...all(notFound, [803]),
  ...all(termsMissing, [2655]),
  [
    2650,
    {
      kind: 'config',
      code: 'meta/other-data-source',
      says: 'the custom audience of that name was filled in another way, which cannot be mixed; name another in `to:`',
    },
  ],
]);

/** Subcodes, which say more than the code. */
const subcodes: ReadonlyMap<number, Failure> = new Map([
  [33, notFound],
  [1870034, termsMissing],
  [1487366, notFound],
  [1487301, missingPermission],
  [
    1713230,
    {
      kind: 'config',
      code: 'meta/audience-blocked',
      says: 'Meta has flagged the custom audience (operation status 471); appeal in Audience Manager or name another in `to:`',
    },
  ],
]);

const statuses: ReadonlyMap<number, Failure> = new Map([
  [401, tokenRefused],
  [403, missingPermission],
  [404, notFound],
  [429, throttled],
]);

/** Meta's refusal as ours. */
export function metaError(refusal: Refusal): TributaryError {
  const numbers = [refusal.code, refusal.subcode].filter((one) => one !== undefined).join('/');
  const told = `HTTP ${refusal.status}${numbers === '' ? '' : `, code ${numbers}`}`;
  return errorOf(failureOf(refusal), told, refusal.waitMs);
}

function failureOf({ status, code, subcode, transient, words }: Refusal): Failure {
  if (code === undefined) return status >= 500 ? unavailable : (statuses.get(status) ?? unreadable);
  if (/appsecret_proof/i.test(words)) return proofRefused;
  // No code of it is recorded; its words are (grouparoo#1108).
  if (/low audience size|audience size too low/i.test(words)) return tooSmall;
  const known = subcodes.get(subcode ?? -1) ?? codes.get(code);
  if (known !== undefined) return known;
  if (code >= 200 && code <= 299) return missingPermission;
  return transient === true || status >= 500 ? unavailable : refused;
}

export const networkError = networkErrors('Meta', { stopped: 'meta/stopped', unreachable: 'meta/unreachable' });
export const unreadableAnswer = unreadableAnswers('Meta', unreadable.code);

/** Metrics are renamed and end: which one it is, Meta says in its own words only. */
export function metricRefused(of: string): TributaryError {
  const says = `Meta does not know one of the metrics under insights.${of} of the connection, or not by day; take out those that ended`;
  return new TributaryError('config', 'meta/metric-refused', says);
}

/** A setting of the connection that is needed for what was asked. */
export function missingSetting(setting: 'page' | 'ad_account', needed: string): TributaryError {
  return new TributaryError('config', 'meta/missing-setting', `${needed} need \`${setting}\` of the connection`);
}

/** An answer, or undefined where what was asked for is not there (any more). */
export function unlessNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  return unless(notFound.code, answer);
}

export function isNotFound(thrown: unknown): boolean {
  return thrown instanceof TributaryError && thrown.code === notFound.code;
}

export function isParameterRefused(thrown: unknown): boolean {
  return thrown instanceof TributaryError && thrown.code === parameterRefused.code;
}

export function isTooSmall(thrown: unknown): boolean {
  return thrown instanceof TributaryError && thrown.code === tooSmall.code;
}
