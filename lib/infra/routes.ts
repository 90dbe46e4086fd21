import type { FunctionName } from './functions.ts';

/** A route of the HTTP API. A route that anybody may call says why. */
export interface RouteSpec {
  /** `$default` takes what no other route takes. */
  readonly path: string;
  readonly methods: readonly ('GET' | 'HEAD' | 'POST' | 'ANY')[];
  readonly to: FunctionName;
  /** A route of `sign-in` is there only where people can sign in. */
  readonly authorizer: 'iam' | 'sign-in' | 'none';
  readonly openBecause?: string;
  /** Requests a second, where the front door's own limit is too low. */
  readonly most?: { readonly perSecond: number; readonly atOnce: number };
}

/** What collects takes what a whole website sends; Segment allows a workspace as many. */
const collecting = {
  methods: ['ANY'],
  to: 'collect',
  authorizer: 'none',
  openBecause:
    'Websites and apps cannot keep a secret. The function checks the public write key, only queues what it is sent, and returns nothing about anybody.',
  most: { perSecond: 1_000, atOnce: 2_000 },
} as const;

export const routes: readonly RouteSpec[] = [
  {
    path: '/webhooks/{connection}',
    // SurveyMonkey asks by HEAD whether somebody is there, Meta and others by GET.
    methods: ['GET', 'HEAD', 'POST'],
    to: 'receive-webhook',
    authorizer: 'none',
    openBecause:
      'Vendors cannot sign with IAM. The function checks the proof of each vendor before it does anything else.',
  },
  { path: '/v1/{proxy+}', ...collecting },
  // RudderStack's clients.
  { path: '/beacon/v1/{proxy+}', ...collecting },
  { path: '/pixel/v1/{proxy+}', ...collecting },
  // Jitsu's clients.
  { path: '/api/s/{proxy+}', ...collecting },
  // RudderStack's browser client asks for `/sourceConfig/`, and no route can be written with a slash at its end.
  { path: '$default', ...collecting },
  { path: '/api/{proxy+}', methods: ['ANY'], to: 'api', authorizer: 'iam' },
  // The same API once more: a route asks for one kind of proof.
  { path: '/console/api/{proxy+}', methods: ['ANY'], to: 'api', authorizer: 'sign-in' },
  {
    path: '/',
    methods: ['GET'],
    to: 'api',
    authorizer: 'none',
    openBecause:
      'A static page without data. Everything that it shows it asks of the API, which needs a signature or a sign-in.',
  },
  {
    path: '/assets/{proxy+}',
    methods: ['GET'],
    to: 'api',
    authorizer: 'none',
    openBecause: 'Script and style of the static page, the same for everybody.',
  },
];
