import { TributaryError } from '../../domain/errors.ts';
import { type Answer, errorOf, type Failure, networkErrors, unless, unreadableAnswers } from '../requests.ts';

const SECOND = 1_000;

const notFound: Failure = {
  kind: 'rejected',
  code: 'surveymonkey/not-found',
  says: 'SurveyMonkey does not have what was asked for',
};
const unavailable: Failure = {
  kind: 'transient',
  code: 'surveymonkey/unavailable',
  says: 'SurveyMonkey could not answer',
};
const refused: Failure = {
  kind: 'defect',
  code: 'surveymonkey/request-refused',
  says: 'SurveyMonkey did not accept a request as we made it',
};

/** Codes of the API's errors say no more than their statuses do: 1010 to 1013 are 401, 1014 to 1016 are 403. */
const statuses: Readonly<Record<number, Failure>> = {
  401: {
    kind: 'auth',
    code: 'surveymonkey/token-refused',
    says: 'SurveyMonkey refused the access token; it is wrong, or access was revoked: put a new one into the secret',
  },
  403: {
    kind: 'config',
    code: 'surveymonkey/missing-permission',
    says: 'the access token may not do this; give the app the scopes View Surveys and View Response Details, which take a paid plan',
  },
  404: notFound,
  408: unavailable,
  429: {
    kind: 'rate-limited',
    code: 'surveymonkey/throttled',
    says: 'the requests of the minute or of the day are used up',
    retryAfterMs: 60 * SECOND,
  },
};

/** An answer that is no success. */
export function surveymonkeyError(answer: Answer): TributaryError {
  const { status, headers, waitMs } = answer;
  return errorOf(
    status >= 500 ? unavailable : (statuses[status] ?? refused),
    `HTTP ${status}`,
    waitMs ?? waitIn(headers),
  );
}

/** How long until there are requests again: headers tell seconds, of the day where that is spent, else of the minute. */
function waitIn(headers: Headers): number | undefined {
  for (const span of ['Day', 'Minute']) {
    if (headers.get(`X-Ratelimit-App-Global-${span}-Remaining`) !== '0') continue;
    const seconds = Number(headers.get(`X-Ratelimit-App-Global-${span}-Reset`) ?? Number.NaN);
    if (Number.isFinite(seconds)) return Math.max(1, seconds) * SECOND;
  }
  return undefined;
}

export const networkError = networkErrors('SurveyMonkey', {
  stopped: 'surveymonkey/stopped',
  unreachable: 'surveymonkey/unreachable',
});
export const unreadableAnswer = unreadableAnswers('SurveyMonkey', 'surveymonkey/unreadable-answer');

/** An answer, or undefined where what was asked for is not there (any more). */
export function unlessNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  return unless(notFound.code, answer);
}

/** The survey itself is not there: nothing can be read until somebody corrects it. */
export function noSurvey(): TributaryError {
  const says =
    'SurveyMonkey knows no survey of that id, or does not show it to this token; correct `survey` of the connection';
  return new TributaryError('config', 'surveymonkey/survey-not-found', says);
}
