import type { FunctionName } from './functions.ts';

/** A route of the HTTP API. A route that anybody may call says why. */
export interface RouteSpec {
  readonly path: string;
  readonly methods: readonly ('GET' | 'POST' | 'ANY')[];
  readonly to: FunctionName;
  readonly authorizer: 'iam' | 'none';
  readonly openBecause?: string;
}

export const routes: readonly RouteSpec[] = [
  {
    path: '/webhooks/{connection}',
    methods: ['GET', 'POST'],
    to: 'receive-webhook',
    authorizer: 'none',
    openBecause:
      'Vendors cannot sign with IAM. The function checks the proof of each vendor before it does anything else.',
  },
  { path: '/api/{proxy+}', methods: ['ANY'], to: 'api', authorizer: 'iam' },
  {
    path: '/',
    methods: ['GET'],
    to: 'api',
    authorizer: 'none',
    openBecause: 'A static page without data. Everything that it shows it asks of /api, which needs IAM.',
  },
  {
    path: '/assets/{proxy+}',
    methods: ['GET'],
    to: 'api',
    authorizer: 'none',
    openBecause: 'Script and style of the static page, the same for everybody.',
  },
];
