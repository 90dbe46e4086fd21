import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import { type Answer, errorOf, type Failure, jsonIn, networkErrors, unreadableAnswers } from '../requests.ts';

const MINUTE = 60_000;

/** An answer that is no success, as far as it tells something. */
export interface Refusal {
  readonly status: number;
  /** The API's own words for it, most exact first: `INVALID_USER_LIST_ID`. Absent where the body is none of the API's. */
  readonly reasons: readonly string[];
  /** Members of the request that are at fault, by their place. */
  readonly members: ReadonlySet<number>;
  /** How long Google asks us to wait. */
  readonly waitMs: number | undefined;
}

/** google.rpc.Status as JSON, as far as it is read. Reasons are names of the API and hold nothing of a person. */
const told = z.object({
  error: z.object({
    status: z.string().optional(),
    details: z
      .array(
        z.object({
          reason: z.string().optional(),
          fieldViolations: z
            .array(z.object({ field: z.string().default(''), reason: z.string().optional() }))
            .optional(),
        }),
      )
      .default([]),
  }),
});

const NAME = /^[A-Z][A-Z0-9_]{2,80}$/;
/** Reasons that one member alone is the cause of. Faults of a whole request are told of its first member too. */
const OF_A_MEMBER: ReadonlySet<string> = new Set([
  'INVALID_AUDIENCE_MEMBER',
  'INVALID_FORMAT',
  'INVALID_HEX_ENCODING',
  'INVALID_SHA256_FORMAT',
  'NO_IDENTIFIERS_PROVIDED',
  'TOO_MANY_USER_IDENTIFIERS',
]);
/** `audience_members[17].user_data…`; the client libraries write it in camel case. */
const MEMBER = /^audience_?members\[(\d+)\]/i;

const signInRefused: Failure = {
  kind: 'auth',
  code: 'google-ads/sign-in-refused',
  says: 'Google does not sign the service account in; its key was deleted, or it was disabled: put a new key into the secret',
};
const tokenRefused: Failure = {
  kind: 'auth',
  code: 'google-ads/token-refused',
  says: 'Google refused a token that it had just given; see that the service account is enabled',
};
const notPermitted: Failure = {
  kind: 'config',
  code: 'google-ads/not-permitted',
  says: 'the service account may not do this; see that the API is enabled in its project, that it is a user of the account or of login_customer_id, and that the account may use Customer Match',
};
const termsNotSigned: Failure = {
  kind: 'config',
  code: 'google-ads/terms-not-signed',
  says: 'the account has not accepted the Customer Match terms; accept them in Google Ads',
};
const nameTaken: Failure = {
  kind: 'config',
  code: 'google-ads/name-taken',
  says: 'the account has a list of this name that takes no e-mail addresses and phone numbers; give the audience another name',
};
const wrongList: Failure = {
  kind: 'config',
  code: 'google-ads/wrong-list',
  says: 'the list takes nobody from us: it is shared, closed, or takes no e-mail addresses and phone numbers',
};
const accountNotFound: Failure = {
  kind: 'config',
  code: 'google-ads/account-not-found',
  says: 'Google does not know the account as it was asked for; compare customer_id and login_customer_id',
};
const listGone: Failure = {
  kind: 'transient',
  code: 'google-ads/list-gone',
  says: 'the list was deleted while members were being changed',
};
const membersRefused: Failure = {
  kind: 'rejected',
  code: 'google-ads/members-refused',
  says: 'Google refused a batch for some of its members',
};
const noStatus: Failure = {
  kind: 'rejected',
  code: 'google-ads/no-status',
  says: 'Google does not know the request whose state was asked for',
};
const throttled: Failure = {
  kind: 'rate-limited',
  code: 'google-ads/throttled',
  says: 'Google asked us to slow down',
  retryAfterMs: MINUTE,
};
const unavailable: Failure = {
  kind: 'transient',
  code: 'google-ads/unavailable',
  says: 'Google could not answer; whether a change was taken is unknown',
};
const refused: Failure = {
  kind: 'defect',
  code: 'google-ads/request-refused',
  says: 'Google did not accept a request as we made it',
};

/** Reasons of the API (google.ads.datamanager.v1.ErrorReason), which say more than the status. */
const byReason: Readonly<Record<string, Failure>> = {
  TERMS_AND_CONDITIONS_NOT_SIGNED: termsNotSigned,
  ADVERTISER_TOS_NOT_ACCEPTED: termsNotSigned,
  DISPLAY_NAME_ALREADY_USED: nameTaken,
  USER_LIST_NAME_RESERVED: nameTaken,
  INVALID_USER_LIST_TYPE: wrongList,
  USER_LIST_MUTATION_NOT_SUPPORTED: wrongList,
  INVALID_USER_LIST_ID: listGone,
  INVALID_AUDIENCE_MEMBER: membersRefused,
  INVALID_REQUEST_ID: noStatus,
  NOT_ALLOWLISTED: notPermitted,
  ADVERTISER_NOT_ALLOWLISTED_FOR_UPLOADED_DATA: notPermitted,
  EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED: notPermitted,
  OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH: notPermitted,
  INVALID_RESOURCE_NAME: accountNotFound,
  RESOURCE_EXHAUSTED: throttled,
};

const byStatus: Readonly<Record<number, Failure>> = {
  401: tokenRefused,
  403: notPermitted,
  404: accountNotFound,
  408: unavailable,
  429: throttled,
};

export function refusalOf({ status, text, waitMs }: Pick<Answer, 'status' | 'text' | 'waitMs'>): Refusal {
  const { status: word, details } = told.safeParse(jsonIn(text())).data?.error ?? { details: [] };
  const violations = details.flatMap(({ fieldViolations = [] }) => fieldViolations);
  const reasons = [...violations.map(({ reason }) => reason), ...details.map(({ reason }) => reason), word];
  return {
    status,
    reasons: reasons.filter((reason) => reason !== undefined && NAME.test(reason)) as string[],
    members: new Set(
      violations.flatMap(({ field, reason = '' }) => {
        const place = MEMBER.exec(field)?.[1];
        return place !== undefined && OF_A_MEMBER.has(reason) ? [Number(place)] : [];
      }),
    ),
    waitMs,
  };
}

/** What Google answered as ours. */
export function googleError(refusal: Refusal): TributaryError {
  const { status, reasons, waitMs } = refusal;
  const failure =
    status >= 500
      ? unavailable
      : (reasons.map((reason) => byReason[reason]).find((found) => found !== undefined) ?? byStatus[status] ?? refused);
  return errorOf(failure, [String(status), ...new Set(reasons)].join(' '), waitMs);
}

/** What the token endpoint answered as ours (RFC 6749): everything but its own trouble is about the service account. */
export function signInError({ status, waitMs }: Answer): TributaryError {
  const failure = status === 429 ? throttled : status >= 500 ? unavailable : signInRefused;
  return errorOf(failure, String(status), waitMs);
}

/** What the secret holds is no key. */
export function unusableKey(): TributaryError {
  const says = 'private_key is no RSA key in PEM form; put the whole key file into the secret';
  return new TributaryError('config', 'google-ads/unusable-key', says);
}

export const networkError = networkErrors('Google', {
  stopped: 'google-ads/stopped',
  unreachable: 'google-ads/unreachable',
});
export const unreadableAnswer = unreadableAnswers('Google', 'google-ads/unreadable-answer');

/** Google names more and more members of one batch. */
export function endlessRefusal(): TributaryError {
  return new TributaryError(membersRefused.kind, membersRefused.code, membersRefused.says);
}

/** A list that is there and takes nobody. */
export function closedList(): TributaryError {
  return new TributaryError(wrongList.kind, wrongList.code, wrongList.says);
}

export function isNoStatus(thrown: unknown): boolean {
  return thrown instanceof TributaryError && thrown.code === noStatus.code;
}
