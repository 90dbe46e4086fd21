import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TributaryError } from '../lib/domain/errors.ts';
import { isJsonObject, type Json } from '../lib/domain/json.ts';
import { plainPath } from '../lib/domain/plain-path.ts';
import { wrongUsage } from './failure.ts';

const DEFAULT_URL = 'http://127.0.0.1:4000';
/** Longer than the gateway lets a function take. */
const PATIENCE_MS = 35_000;

/** What every command may be told that talks to a stage: its URL. */
export interface StageOptions {
  readonly stage?: string;
}

/** The API of a running stage. */
export interface StageClient {
  readonly url: string;
  /** Answers are trusted to have the shape that /api/openapi.json lays down. Throws TributaryError when refused. */
  get<Answer>(path: string): Promise<Answer>;
  post<Answer>(path: string, body: Json): Promise<Answer>;
}

/**
 * Opens the stage at a URL; without one, the stage that was started in this folder or one above it, else the default
 * port. Throws `cli/bad-usage` for what is no URL.
 */
export function openStageClient(asked: string | undefined, folder: string = process.cwd()): StageClient {
  const found = readStageFile(folder);
  const url = asked === undefined ? (found?.url ?? DEFAULT_URL) : readUrl(asked);
  const token = found?.url === url ? found.token : undefined;

  async function call<Answer>(method: 'GET' | 'POST', path: string, body?: Json): Promise<Answer> {
    const answer = await send(url, path, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const content = await contentOf(answer);
    if (answer.ok && content !== undefined) return content as Answer;
    throw refusal(url, answer.status, content);
  }

  return { url, get: (path) => call('GET', path), post: (path, body) => call('POST', path, body) };
}

async function send(url: string, path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(`${url}${path}`, request);
  } catch (cause) {
    const late = cause instanceof Error && cause.name === 'TimeoutError';
    const message = `no stage ${late ? 'answers in time' : 'answers'} at ${url}; start one with: tributary start`;
    throw new TributaryError('transient', 'cli/no-stage', message, { cause });
  }
}

async function contentOf(answer: Response): Promise<Json | undefined> {
  try {
    return (await answer.json()) as Json;
  } catch {
    return undefined; // No JSON, so not our API; `refusal` says so.
  }
}

function refusal(url: string, status: number, content: Json | undefined): TributaryError {
  if (isJsonObject(content) && typeof content.code === 'string') {
    return new TributaryError('rejected', content.code, String(content.message ?? ''));
  }
  if (status === 401 || status === 403) {
    const message = `${url} does not let us in: run the command in the folder where the stage was started`;
    return new TributaryError('auth', 'cli/not-allowed', message);
  }
  const message = `${url} answered ${status} and not as a stage does; is another program listening there?`;
  return new TributaryError('config', 'cli/unexpected-answer', message);
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

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw wrongUsage(`--stage: expected a URL such as ${DEFAULT_URL}`);
  }
  return plainPath(url.href);
}
