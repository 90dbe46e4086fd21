import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { type Arrived, type Known, whyRefused } from './iam-authorizer.ts';

/** Of nobody. A role's credentials, as a profile or an identity provider hands them out. */
export const operator: Known = {
  accessKeyId: 'ASIAEXAMPLEEXAMPLE00',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'a+session/token==',
  region: 'eu-central-1',
  service: 'execute-api',
};

/** Variables that hand the credentials over and keep AWS's chain away from this machine's own. */
export const signedBy = ({ accessKeyId, secretAccessKey, sessionToken, region }: Known) => ({
  ...nobody,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
  TRIBUTARY_REGION: region,
});

/** No credentials anywhere. Empty variables count as none. */
export const nobody = {
  ...{ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SESSION_TOKEN: '', AWS_PROFILE: '' },
  ...{ AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_CONFIG_FILE: '/dev/null', AWS_EC2_METADATA_DISABLED: 'true' },
  TRIBUTARY_REGION: 'eu-central-1',
};

export interface SigningGateway {
  readonly url: string;
  /** Requests that came, each with why it was refused. */
  readonly came: readonly (Arrived & { readonly refused: string | undefined })[];
}

export interface GatewayOptions {
  /** What stands behind the authorizer. */
  readonly answer?: (message: IncomingMessage, body: Buffer) => Promise<{ status: number; body: Buffer | string }>;
  /** Somebody on the way who changes the body. */
  readonly tamper?: (body: Buffer) => Buffer;
  /** The gateway's own time. */
  readonly now?: () => Date;
  /** Refuses who is let in but may not. */
  readonly denies?: true;
}

/** API Gateway with an IAM authorizer: what was not signed as AWS demands gets no further. Ended after the test. */
export function withSigningGateways() {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  });
  return async (known: Known, options: GatewayOptions = {}): Promise<SigningGateway> => {
    const { answer = async () => ({ status: 200, body: '[]' }), tamper = (body) => body } = options;
    const now = options.now ?? (() => new Date());
    const came: (Arrived & { readonly refused: string | undefined })[] = [];
    const server = createServer(async (message, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
      const { method = '', url = '', headers } = message;
      const arrived = { method, url, headers, body: tamper(Buffer.concat(chunks)) };
      const refused = whyRefused(arrived, known, now()) ?? (options.denies ? 'not granted' : undefined);
      came.push({ ...arrived, refused });
      const { status, body } =
        refused === undefined ? await answer(message, arrived.body) : { status: 403, body: '{"message":"Forbidden"}' };
      const own = { 'content-type': 'application/json', connection: 'close', date: now().toUTCString() };
      response.writeHead(status, own).end(body);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, came };
  };
}
