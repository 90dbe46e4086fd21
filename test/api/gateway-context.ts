/** What a function gets from the gateway beside a request, as far as the API reads it. */
export interface GatewayContext {
  readonly requestContext: object;
}

/** Of somebody who signed for IAM ("Create AWS Lambda proxy integrations for HTTP APIs", API Gateway developer guide). */
export const bySignature: GatewayContext = {
  requestContext: { authorizer: { iam: { accountId: '000000000000', userArn: 'arn:aws:iam::000000000000:user/ann' } } },
};

/** Of somebody who signed in: every claim is text, and a list is written as `[a b]`. */
export function bySignIn(groups: readonly string[], claims: object = {}): GatewayContext {
  const given = {
    sub: '00000000-0000-4000-8000-000000000000',
    token_use: 'access',
    scope: 'openid',
    username: 'ann',
    ...(groups.length === 0 ? {} : { 'cognito:groups': `[${groups.join(' ')}]` }),
    ...claims,
  };
  return { requestContext: { authorizer: { jwt: { claims: given, scopes: ['openid'] } } } };
}
