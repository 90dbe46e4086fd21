import { randomBytes } from 'node:crypto';
import { TributaryError } from '../../domain/errors.ts';
import type { StageClock } from '../clock.ts';
import { stageRegion } from '../engines/resource-names.ts';
import { accessKeyIdOf } from '../proxy/callers.ts';
import { type LocalFunction, openFunction } from './function-pool.ts';
import type { InvocationFailure } from './function-process.ts';
import { codeOf, type FunctionPart } from './template-parts.ts';

/** Processes of one function on the stage. Lambda would start more; two are enough to meet every race. */
export const processesPerFunction = 2;

/** An invocation of a function that gave no answer. */
export interface FunctionFailure extends InvocationFailure {
  /** Logical id in the template. */
  readonly functionId: string;
}

export interface StageFunctionsOptions {
  readonly clock: StageClock;
  /** Logical id → folder of the bundled code. */
  readonly codeDirs: Readonly<Record<string, string>>;
  /** The endpoint of DynamoDB, SQS, S3 and SNS. */
  readonly endpoint: string;
  readonly sessionTokens: SessionTokens;
  readonly secretsPort: number;
  readonly logFolder?: string;
  readonly onFailure: (failure: FunctionFailure) => void;
}

/** The session token of each function: how the secrets endpoint knows who asks. */
export interface SessionTokens {
  tokenOf(functionId: string): string;
  functionOf(token: string): string | undefined;
}

/** Makes a random session token for each function. */
export function makeSessionTokens(functionIds: readonly string[]): SessionTokens {
  const tokens = new Map(functionIds.map((id) => [id, randomBytes(24).toString('base64url')]));
  return {
    tokenOf: (functionId) => tokens.get(functionId) ?? '',
    functionOf: (token) => [...tokens].find(([, held]) => held === token)?.[0],
  };
}

/** Opens every function of a template, by logical id. Nothing is started. Throws TributaryError `stage/no-code`. */
export function openFunctions(
  parts: readonly FunctionPart[],
  options: StageFunctionsOptions,
): ReadonlyMap<string, LocalFunction> {
  return new Map(
    parts.map((part) => {
      const definition = {
        ...part,
        code: codeOf(part.id, options.codeDirs),
        environment: environmentOf(part, options),
      };
      const pool = {
        clock: options.clock,
        processes: processesPerFunction,
        ...(options.logFolder === undefined ? {} : { logFolder: options.logFolder }),
        onFailure: (failure: InvocationFailure) => options.onFailure({ functionId: part.id, ...failure }),
      };
      return [part.id, openFunction(definition, pool)];
    }),
  );
}

/** Loads the bundle of every function. Throws TributaryError `stage/function-not-loaded` naming those that do not. */
export async function warmFunctions(functions: readonly LocalFunction[]): Promise<void> {
  const loaded = await Promise.all(
    functions.map(async (each) => ({ id: each.definition.id, failure: await each.warm() })),
  );
  const broken = loaded.flatMap(({ id, failure }) =>
    failure === undefined ? [] : [`${id} (${failure.errorType}: ${failure.errorMessage})`],
  );
  if (broken.length === 0) return;
  throw new TributaryError('defect', 'stage/function-not-loaded', `functions do not load: ${broken.join(', ')}`);
}

function environmentOf(part: FunctionPart, options: StageFunctionsOptions): Record<string, string> {
  return {
    ...part.variables,
    AWS_REGION: stageRegion,
    AWS_DEFAULT_REGION: stageRegion,
    AWS_ACCESS_KEY_ID: accessKeyIdOf(part.id),
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: options.sessionTokens.tokenOf(part.id),
    AWS_ENDPOINT_URL_DYNAMODB: options.endpoint,
    AWS_ENDPOINT_URL_SQS: options.endpoint,
    AWS_ENDPOINT_URL_S3: options.endpoint,
    AWS_ENDPOINT_URL_SNS: options.endpoint,
    // The endpoint comes with the extension's layer; a function without the layer must not find it.
    ...(part.hasLayers ? { PARAMETERS_SECRETS_EXTENSION_HTTP_PORT: String(options.secretsPort) } : {}),
  };
}
