import { randomUUID } from 'node:crypto';

interface More {
  readonly subcode?: number;
  readonly type?: 'OAuthException' | 'GraphMethodException';
  readonly title?: string;
  readonly detail?: string;
  readonly transient?: boolean;
}

/** An error as the Graph API words it; answered by the server. */
export class GraphError extends Error {
  readonly status: number;
  readonly code: number;
  readonly more: More;

  constructor(status: number, code: number, message: string, more: More = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.more = more;
  }
}

export function errorBody({ code, message, more }: GraphError): object {
  const { subcode, type = 'OAuthException', title, detail, transient } = more;
  return {
    error: {
      message,
      type,
      code,
      ...(subcode === undefined ? {} : { error_subcode: subcode }),
      ...(transient === undefined ? {} : { is_transient: transient }),
      ...(title === undefined ? {} : { error_user_title: title, error_user_msg: detail }),
      fbtrace_id: randomUUID().replaceAll('-', '').slice(0, 23),
    },
  };
}

/** Words of real bodies as threads of the vendor's SDKs quote them; code and status are what is relied on. */
export const problems = {
  noToken: () => new GraphError(400, 2500, 'An active access token must be used to query information about the user.'),
  badToken: () => new GraphError(401, 190, 'Invalid OAuth access token - Cannot parse access token'),
  expired: () =>
    new GraphError(401, 190, 'Error validating access token: Session has expired on Friday, 20-Nov-26 08:00:00 PST.', {
      subcode: 463,
    }),
  badProof: () =>
    new GraphError(400, 100, 'Invalid appsecret_proof provided in the API argument', { type: 'GraphMethodException' }),
  needsPageToken: () => new GraphError(403, 210, '(#210) A page access token is required to request this resource.'),
  permission: (what: string) => new GraphError(403, 200, `(#200) ${what}`),
  notFound: (id: string) =>
    new GraphError(
      400,
      100,
      `Unsupported get request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation.`,
      { subcode: 33, type: 'GraphMethodException' },
    ),
  parameter: (message: string) => new GraphError(400, 100, `(#100) ${message}`),
  unknownPath: () => new GraphError(400, 2500, 'Unknown path components', { type: 'OAuthException' }),
  // Too many rows (facebook-java-business-sdk#46).
  unknown: () => new GraphError(500, 1, 'An unknown error occurred', { subcode: 99 }),
  service: () => new GraphError(500, 2, 'Service temporarily unavailable', { transient: true }),
  appLimit: () => new GraphError(400, 4, '(#4) Application request limit reached'),
  audienceLimit: () =>
    new GraphError(400, 80_003, 'There have been too many calls to this ad-account. Wait a bit and try again.'),
  // Body as the reference of custom-audience/users shows it.
  blocked: () =>
    new GraphError(400, 100, 'Invalid parameter', {
      subcode: 1_713_230,
      title: 'Audience Upload Blocked',
      detail: 'Before updating user memberships, you must resolve integrity restrictions.',
    }),
  // Words as grouparoo#1108 quotes them; the code is not known.
  tooSmall: () =>
    new GraphError(400, 100, 'Invalid parameter', {
      title: 'Audience Size too low',
      detail: 'You cannot remove users from this audience because it will result in a low audience size.',
    }),
  terms: () => new GraphError(400, 2655, '(#2655) Marketing Messaging Terms of Service not accepted.'),
} as const;
