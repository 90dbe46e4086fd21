import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnStage,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acceptFindings } from '../accepted-findings.ts';
import type { FunctionName } from '../functions.ts';
import { freezeId, idPart } from '../logical-id.ts';
import { type RouteSpec, routes } from '../routes.ts';
import { SignIn } from './sign-in.ts';

export interface FrontDoorProps {
  readonly workspace: string;
  /** The name of the page on which people sign in to the console. Absent: nobody can. */
  readonly signInName: string | undefined;
  lambda(name: FunctionName): IFunction;
}

/** The HTTP API: the routes of routes.ts, throttled and logged without anything that names a person. */
export class FrontDoor extends Construct {
  readonly api: HttpApi;
  readonly signIn: SignIn | undefined;

  constructor(scope: Construct, id: string, props: FrontDoorProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'api', { apiName: `tributary-${props.workspace}`, createDefaultStage: false });
    freezeId(this.api, 'HttpApi');
    const { workspace, signInName: name } = props;
    this.signIn = name === undefined ? undefined : new SignIn(this, 'sign-in', { workspace, name, api: this.api });
    const integrations = new Map<FunctionName, HttpLambdaIntegration>();
    const added: HttpRoute[] = [];
    for (const { path, methods, to, authorizer, openBecause } of routes) {
      const integration = integrations.get(to) ?? new HttpLambdaIntegration(to, props.lambda(to));
      integrations.set(to, integration);
      const proof = proofOf(authorizer, this.signIn);
      if (proof === undefined) continue;
      const common = { integration, ...proof };
      const opened =
        path === '$default'
          ? [new HttpRoute(this.api, 'default', { httpApi: this.api, routeKey: HttpRouteKey.DEFAULT, ...common })]
          : this.api.addRoutes({ path, methods: methods.map((method) => HttpMethod[method]), ...common });
      if (openBecause !== undefined) {
        for (const route of opened) acceptFindings(route, [{ id: 'AwsSolutions-APIG4', reason: openBecause }]);
      }
      added.push(...opened);
    }
    // A limit of its own can only be given to a route that is there.
    openStage(this, this.api).node.addDependency(...added);
  }
}

interface Proof {
  readonly authorizer: IHttpRouteAuthorizer;
  readonly authorizationScopes?: string[];
}

/** What a route asks of its caller; undefined when nobody could have it. */
function proofOf(kind: RouteSpec['authorizer'], signIn: SignIn | undefined): Proof | undefined {
  if (kind === 'iam') return { authorizer: new HttpIamAuthorizer() };
  if (kind === 'none') return { authorizer: new HttpNoneAuthorizer() };
  return signIn && { authorizer: signIn.authorizer, authorizationScopes: [...signIn.scopes] };
}

function openStage(scope: Construct, httpApi: HttpApi): HttpStage {
  const log = new LogGroup(scope, 'log', { retention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
  freezeId(log, `${idPart('http-api')}Log`);
  const stage = new HttpStage(scope, 'stage', {
    httpApi,
    stageName: '$default',
    autoDeploy: true,
    throttle: { rateLimit: 200, burstLimit: 400 },
    accessLogSettings: {
      destination: new LogGroupLogDestination(log),
      // The route, not the path or the query: those can hold a person's address or a webhook's secret.
      format: AccessLogFormat.custom(
        JSON.stringify({
          requestId: '$context.requestId',
          at: '$context.requestTime',
          route: '$context.routeKey',
          status: '$context.status',
          latencyMs: '$context.responseLatency',
          bytes: '$context.responseLength',
          failure: '$context.integrationErrorMessage',
        }),
      ),
    },
  });
  freezeId(stage, 'HttpApiStage');
  // The construct knows no limits of single routes.
  (stage.node.defaultChild as CfnStage).routeSettings = ownLimits();
  return stage;
}

function ownLimits(): Readonly<Record<string, object>> {
  const limits = routes.flatMap(({ path, methods, most }) => {
    if (most === undefined) return [];
    const settings = { ThrottlingRateLimit: most.perSecond, ThrottlingBurstLimit: most.atOnce };
    return methods.map((method) => [path === '$default' ? path : `${method} ${path}`, settings] as const);
  });
  return Object.fromEntries(limits);
}
