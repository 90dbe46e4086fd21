/** An error as the API words it; answered by the server. */
export class ApiError extends Error {
  readonly status: number;
  readonly field: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    field: string | null = null,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.field = field;
    this.headers = headers;
  }
}

export function errorBody({ message, field }: ApiError): object {
  return { errors: [{ field, message }] };
}

export const problems = {
  // Words of 401 and 403 are from memory of the vendor's documents; the status is what is relied on.
  badKey: () => new ApiError(401, 'The provided authorization grant is invalid, expired, or revoked'),
  forbidden: () => new ApiError(403, 'access forbidden'),
  notFound: (what: string) => new ApiError(404, `${what} not found`),
  invalid: (message: string, field: string | null = null) => new ApiError(400, message, field),
  // Recorded: `contacts[0].email` and the address itself in the message.
  badAddress: (index: number, address: string) =>
    new ApiError(400, `email '${address}' is not valid`, `contacts[${index}].email`),
  // `x-ratelimit-reset` was recorded as seconds from now by Marketing Campaigns, as seconds of the epoch by suppressions.
  throttled: (reset: number) =>
    new ApiError(429, 'too many requests', null, {
      'x-ratelimit-limit': '600',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(reset),
    }),
  tooSlow: () => new ApiError(408, 'request timeout'),
  internal: () => new ApiError(500, 'internal server error'),
} as const;

const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export function isAddress(text: unknown): text is string {
  return typeof text === 'string' && ADDRESS.test(text);
}
