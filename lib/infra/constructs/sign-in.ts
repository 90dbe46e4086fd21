import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { HttpApi, IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpUserPoolAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import {
  AccountRecovery,
  Mfa,
  OAuthScope,
  UserPool,
  UserPoolClient,
  UserPoolClientIdentityProvider,
  UserPoolGroup,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { type Role, roles } from '../../domain/role.ts';
import { acceptFindings } from '../accepted-findings.ts';
import { freezeId, idPart } from '../logical-id.ts';

export interface SignInProps {
  readonly workspace: string;
  /** The name of the sign-in page, which nobody else in the region may have. */
  readonly name: string;
  /** The API whose console people sign in to. */
  readonly api: HttpApi;
}

const MEANS: Readonly<Record<Role, string>> = {
  viewer: 'Look at everything.',
  editor: 'Also pull and import, plan edits, comment, mark samples, decide about duplicates.',
  approver: 'Also publish, push, approve, part, suppress and erase.',
};

/**
 * The people who may use the console, and how they prove who they are. Only an administrator adds somebody; what they may
 * do follows from the groups that they are in. The pool outlives the stack: people and their second factors are in it.
 */
export class SignIn extends Construct {
  readonly authorizer: IHttpRouteAuthorizer;
  /** What an access token must be for, so that no identity token passes as one. */
  readonly scopes: readonly string[] = [OAuthScope.OPENID.scopeName];
  /** What the `api` function tells the console: where to send people, and who asks. No secret. */
  readonly forConsole: string;

  constructor(scope: Construct, id: string, { workspace, name, api }: SignInProps) {
    super(scope, id);
    const pool = new UserPool(this, 'people', {
      userPoolName: `tributary-${workspace}`,
      selfSignUpEnabled: false,
      // Decisions are recorded under the name: an address would be one more place that holds personal data.
      signInAliases: { username: true, email: true },
      signInCaseSensitive: false,
      standardAttributes: { email: { required: true, mutable: true } },
      passwordPolicy: {
        minLength: 12,
        requireDigits: true,
        requireLowercase: true,
        requireSymbols: true,
        requireUppercase: true,
        tempPasswordValidity: Duration.days(3),
      },
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    freezeId(pool, 'ConsolePeople');
    acceptFindings(pool, [
      {
        id: 'AwsSolutions-COG8',
        reason: 'Threat protection is paid by the month and person; a second factor is required of everybody instead.',
      },
    ]);
    roles.forEach((role, index) => {
      // The lower the number, the more it may do (Cognito developer guide, precedence of groups).
      const precedence = roles.length - index;
      const group = new UserPoolGroup(this, role, {
        userPool: pool,
        groupName: role,
        description: MEANS[role],
        precedence,
      });
      freezeId(group, `Console${idPart(role)}s`);
    });
    const domain = pool.addDomain('domain', { cognitoDomain: { domainPrefix: name } });
    freezeId(domain, 'ConsoleSignIn');
    const home = `${api.apiEndpoint}/`;
    const client = new UserPoolClient(this, 'client', {
      userPool: pool,
      // A page can keep no secret; a code is of use only to the tab that asked for it (RFC 7636).
      generateSecret: false,
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID],
        callbackUrls: [home],
        logoutUrls: [home],
      },
      supportedIdentityProviders: [UserPoolClientIdentityProvider.COGNITO],
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      // Whoever is taken out of a group may do for a quarter of an hour what they could.
      accessTokenValidity: Duration.minutes(15),
      idTokenValidity: Duration.minutes(15),
      refreshTokenValidity: Duration.hours(12),
    });
    freezeId(client, 'ConsoleClient');
    this.authorizer = new HttpUserPoolAuthorizer('people', pool, { userPoolClients: [client] });
    const stack = Stack.of(this);
    this.forConsole = stack.toJsonString({
      issuer: `https://cognito-idp.${stack.region}.amazonaws.com/${pool.userPoolId}`,
      page: domain.baseUrl(),
      client: client.userPoolClientId,
      home,
    });
  }
}
