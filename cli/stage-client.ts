import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { TributaryError } from '../lib/domain/errors.ts';
import { isJsonObject, type Json } from '../lib/domain/json.ts';
import { plainPath } from '../lib/domain/plain-path.ts';
import { askAgain, brokenBy, isPassingStatus, passing } from './ask-again.ts';
import { type Deployment, deploymentAt, strictUrl } from './deployment.ts';
import { wrongUsage } from './failure.ts';

const DEFAULT_URL = 'http://127.0.0.1:4000';
/** Longer than the gateway lets a function take. */
const PATIENCE_MS = 35_000;

/** What every command may be told that talks to a stage: its URL. */
export interface StageOptions {
  readonly stage?: string;
}

/** The API of a running stage, or of a deployment. */
export interface StageClient {
  readonly url: string;
  /** Whether it is in an account: requests are signed. */
  readonly deployed: boolean;
  /** Who acts, for the body of what is written down under a name: a deployment knows it by the signature. */
  readonly actor: { readonly by?: string };
  /**
   * Answers are trusted to have the shape that /api/openapi.json lays down. Throws TributaryError when refused, and
   * `cli/unavailable` when nobody could answer for a minute.
   */
  get<Answer>(path: string): Promise<Answer>;
  /** Is asked once: whether it was done is not known when no answer comes. */
  post<Answer>(path: string, body: Json): Promise<Answer>;
  /** Like `post`, for what is done once however often it is asked: asked again as `get` is. */
  postAgain<Answer>(path: string, body: Json): Promise<Answer>;
}

/**
 * Opens the stage or the deployment at a URL; without one, that of TRIBUTARY_STAGE, else the stage that was started in
 * this folder or one above it, else the default port. Throws `cli/bad-usage` for what is no URL.
 */
export function openStageClient(
  asked: string | undefined,
  folder: string = process.cwd(),
  env: Readonly<Record<string, string | undefined>> = process.env,
): StageClient {
  const found = readStageFile(folder);
  const url = urlAsked(asked, env) ?? found?.url ?? DEFAULT_URL;
  const token = found?.url === url ? found.token : undefined;
  const deployment = token === undefined ? deploymentAt(url, env) : undefined;

  async function call<Answer>(method: 'GET' | 'POST', path: string, body?: Json): Promise<Answer> {
    const request = {
      method,
      url: strictUrl(`${url}${path}`),
      body: body === undefined ? undefined : JSON.stringify(body),
    };
    const { answer, text } = await send(url, deployment, request.url, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(await deployment?.sign(request)),
      },
      ...(request.body === undefined ? {} : { body: request.body }),
      // What proves who asks is for this address alone.
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const content = contentOf(text);
    if (isPassingStatus(answer.status)) throw passing(`${url} answered ${answer.status}`);
    if (answer.ok && content !== undefined) return content as Answer;
    if (isJsonObject(content) && typeof content.code === 'string') {
      throw new TributaryError('rejected', content.code, String(content.message ?? ''));
    }
    if (answer.status !== 401 && answer.status !== 403) throw unexpected(url, deployment, answer.status);
    throw deployment?.refusal(method, answer) ?? notAllowed(url);
  }

  return {
    url,
    deployed: deployment !== undefined,
    get actor() {
      return deployment === undefined ? { by: userInfo().username } : {};
    },
    get: (path) => askAgain(() => call('GET', path)),
    post: (path, body) => call<never>('POST', path, body).catch(notKnown),
    postAgain: (path, body) => askAgain(() => call('POST', path, body)),
  };
}

/** An answer with all of its text: the connection may break in the middle of it. */
async function send(
  url: string,
  deployment: Deployment | undefined,
  to: URL,
  request: RequestInit,
): Promise<{ readonly answer: Response; readonly text: string }> {
  try {
    const answer = await fetch(to, request);
    return { answer, text: await answer.text() };
  } catch (cause) {
    const broken = brokenBy(cause);
    if (broken !== undefined) throw passing(`${url} ${broken}`, { cause });
    const message =
      deployment === undefined
        ? `no stage answers at ${url}; start one with: tributary start`
        : `nobody answers at ${url}; is it the ApiUrl of the stack, and is there a network?`;
    throw new TributaryError('transient', 'cli/no-stage', message, { cause });
  }
}

/** What was asked once may have been done although nobody said so. */
function notKnown(thrown: unknown): never {
  if (!(thrown instanceof TributaryError) || thrown.code !== 'cli/unavailable') throw thrown;
  throw passing(`${thrown.message}; it is not known whether it was done: look before you ask again`, { cause: thrown });
}

function contentOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined; // No JSON, so not our API; `refusal` says so.
  }
}

function notAllowed(url: string): TributaryError {
  const message = `${url} does not let us in: run the command in the folder where the stage was started; for a deployment under a name of your own, set TRIBUTARY_REGION`;
  return new TributaryError('auth', 'cli/not-allowed', message);
}

function unexpected(url: string, deployment: Deployment | undefined, status: number): TributaryError {
  const instead =
    deployment === undefined
      ? 'is another program listening there?'
      : 'is it the ApiUrl of the stack, and its function well?';
  return new TributaryError(
    'config',
    'cli/unexpected-answer',
    `${url} answered ${status} and not as a stage does; ${instead}`,
  );
}

interface Started {
  readonly url: string;
  readonly token: string;
}

/** What a running stage leaves in `.tributary/stage.json`, here or in a folder above. */
function readStageFile(folder: string): Started | undefined {
  const path = join(folder, '.tributary', 'stage.json');
  if (!existsSync(path)) {
    const above = dirname(folder);
    return above === folder ? undefined : readStageFile(above);
  }
  const content = parse(readFileSync(path, 'utf8'));
  if (!isJsonObject(content)) return undefined;
  const { url, token } = content;
  return typeof url === 'string' && typeof token === 'string' ? { url, token } : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Being written this moment, or broken: as if no stage had been started here.
  }
}

/** The URL of the option, else of the environment; an empty variable is none. */
function urlAsked(
  option: string | undefined,
  { TRIBUTARY_STAGE }: { readonly TRIBUTARY_STAGE?: string },
): string | undefined {
  if (option !== undefined) return readUrl('--stage', option);
  return TRIBUTARY_STAGE ? readUrl('TRIBUTARY_STAGE', TRIBUTARY_STAGE) : undefined;
}

function readUrl(from: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw wrongUsage(`${from}: expected a URL such as ${DEFAULT_URL}`);
  }
  return plainPath(url.href);
}
