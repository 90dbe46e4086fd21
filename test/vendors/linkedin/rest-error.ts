/** An error as LinkedIn's API words it; answered by the server. */
export class RestError extends Error {
  readonly status: number;
  readonly more: Readonly<Record<string, unknown>>;

  constructor(status: number, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.more = more;
  }
}

export function errorBody({ status, message, more }: RestError): object {
  return { message, ...more, status };
}

/** Numbers and most words as recordings and threads quote them. */
export const problems = {
  badToken: () =>
    new RestError(401, 'Invalid access token', { serviceErrorCode: 65_600, code: 'INVALID_ACCESS_TOKEN' }),
  revoked: () =>
    new RestError(401, 'The token used in the request has been revoked by the user', {
      serviceErrorCode: 65_601,
      code: 'REVOKED_ACCESS_TOKEN',
    }),
  permission: (what: string) =>
    new RestError(403, `Not enough permissions to access: ${what}`, { serviceErrorCode: 100 }),
  notFound: (what: string) => new RestError(404, `Could not find entity: ${what}`),
  noVersion: () =>
    new RestError(400, 'A version must be present. Please specify a version by adding the LinkedIn-Version header.'),
  sunset: (version: string) =>
    new RestError(426, `Requested version ${version} is not active`, { code: 'NONEXISTENT_VERSION' }),
  throttled: () =>
    new RestError(429, 'Resource level throttle limit for calls to this resource is reached.', {
      serviceErrorCode: 101,
    }),
  parameter: (name: string) =>
    new RestError(400, `Invalid param. Please see errorDetails: ${name}`, { code: 'ILLEGAL_ARGUMENT' }),
  field: (index: number, path: string) =>
    new RestError(
      422,
      `Index: ${index}, ERROR :: ${path} :: field is required but not found and has no default value\n`,
    ),
  internal: () => new RestError(500, 'Internal Server Error'),
} as const;
