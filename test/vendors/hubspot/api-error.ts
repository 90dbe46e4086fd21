import { randomUUID } from 'node:crypto';

/** An error as the API words it; answered by the server. Every field but message is optional in real answers. */
export class ApiError extends Error {
  readonly status: number;
  readonly category: string;
  readonly more: Readonly<Record<string, unknown>>;

  constructor(status: number, category: string, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.category = category;
    this.more = more;
  }
}

export function errorBody({ category, message, more }: ApiError): object {
  return { status: 'error', message, correlationId: randomUUID(), category, ...more };
}

export const problems = {
  // Category recorded in segmentio/segment-docs#6244.
  expired: () =>
    new ApiError(401, 'EXPIRED_AUTHENTICATION', 'The OAuth token used to make this call expired 7 second(s) ago.'),
  badToken: () =>
    new ApiError(
      401,
      'INVALID_AUTHENTICATION',
      'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview',
    ),
  missingScope: (scope: string) =>
    new ApiError(
      403,
      'MISSING_SCOPES',
      "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.",
      {
        errors: [
          {
            message: 'One or more of the following scopes are required.',
            context: { requiredGranularScopes: [scope] },
          },
        ],
        links: { scopes: 'https://developers.hubspot.com/scopes' },
      },
    ),
  notFound: (what = 'resource not found') => new ApiError(404, 'OBJECT_NOT_FOUND', what),
  invalid: (message: string) => new ApiError(400, 'VALIDATION_ERROR', message),
  conflict: (message: string) => new ApiError(409, 'CONFLICT', message),
  // Bodies of 429 as documented (daily) and recorded (of a search).
  daily: () =>
    new ApiError(429, 'RATE_LIMITS', 'You have reached your daily limit.', {
      errorType: 'RATE_LIMIT',
      policyName: 'DAILY',
      requestId: randomUUID(),
    }),
  tenSecondly: () =>
    new ApiError(429, 'RATE_LIMITS', 'You have reached your ten_secondly_rolling limit.', {
      errorType: 'RATE_LIMIT',
      policyName: 'TEN_SECONDLY_ROLLING',
      requestId: randomUUID(),
    }),
  secondly: () => new ApiError(429, 'RATE_LIMITS', 'You have reached your secondly limit.'),
  locked: () => new ApiError(423, 'LOCKED', 'The resource is locked by another request.'),
  unavailable: () => new ApiError(502, 'BAD_GATEWAY', 'The service could not answer.'),
  internal: () => new ApiError(500, 'INTERNAL_ERROR', 'internal error'),
} as const;
