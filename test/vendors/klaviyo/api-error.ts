import { randomUUID } from 'node:crypto';

/** An error as the API words it; answered by the server. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly source: Readonly<Record<string, string>>;
  readonly meta: object;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    title: string,
    detail: string,
    more: {
      readonly source?: Readonly<Record<string, string>>;
      readonly meta?: object;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.title = title;
    this.source = more.source ?? { pointer: '/data/' };
    this.meta = more.meta ?? {};
    this.headers = more.headers ?? {};
  }
}

export function errorBody({ status, code, title, message, source, meta }: ApiError): object {
  return { errors: [{ id: randomUUID(), status, code, title, detail: message, source, links: {}, meta }] };
}

export const problems = {
  // Texts of 401 and 403 are from memory of the vendor's guide; status and code are what is relied on.
  badKey: () =>
    new ApiError(
      401,
      'authentication_failed',
      'Incorrect authentication credentials.',
      'Incorrect authentication credentials.',
    ),
  noKey: () =>
    new ApiError(
      401,
      'not_authenticated',
      'Authentication credentials were not provided.',
      'Missing or invalid private key.',
    ),
  missingScope: (scope: string) =>
    new ApiError(
      403,
      'permission_denied',
      'You do not have permission to perform this action.',
      `You do not have the required scope: ${scope}.`,
    ),
  noRevision: () => new ApiError(400, 'invalid', 'Invalid input.', 'A revision header is required.'),
  notFound: (what: string) =>
    new ApiError(404, 'not_found', 'Not found.', `A ${what} does not exist.`, { source: { pointer: '/data/id' } }),
  invalid: (detail: string, pointer = '/data') =>
    new ApiError(400, 'invalid', 'Invalid input.', detail, { source: { pointer } }),
  query: (parameter: string, detail: string) =>
    new ApiError(400, 'invalid', 'Invalid input.', detail, { source: { parameter } }),
  duplicate: (id: string) =>
    new ApiError(409, 'duplicate_profile', 'Conflict.', 'A profile already exists with one of these identifiers.', {
      source: { pointer: '/data/attributes' },
      meta: { duplicate_profile_id: id },
    }),
  // Body recorded in klaviyo-api-node#66; with Retry-After, and without the headers of limits.
  throttled: (seconds: number) =>
    new ApiError(
      429,
      'throttled',
      'Request was throttled.',
      `Request was throttled. Expected available in ${seconds} second${seconds === 1 ? '' : 's'}.`,
      { headers: { 'retry-after': String(seconds) } },
    ),
  internal: () => new ApiError(500, 'error', 'Internal server error.', 'A server error occurred.'),
  unavailable: () => new ApiError(503, 'service_unavailable', 'Service unavailable.', 'Try again later.'),
} as const;
