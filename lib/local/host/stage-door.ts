import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Milliseconds } from '../../domain/instant.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { HttpAnswer } from './http-payload.ts';

/** How a browser is let in to the stage's API. In an account Cognito does this, which is not played here. */
export interface StageDoor {
  /** Whether an `Authorization` header bears the stage's token. */
  bears(authorization: string | undefined): boolean;
  /** Makes a code that can be exchanged for the token, once, within the next ten minutes. */
  makeCode(): string;
  /** Answers what is the door's own; undefined for everything else. */
  answer(request: DoorRequest): HttpAnswer | undefined;
}

export interface DoorRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Buffer;
}

const CODE_LIVES_MS = 10 * 60_000;
/** More than anybody opens at once; an older one is of no use to anybody who asked for so many after it. */
const MOST_CODES = 100;
const HOW_TO_GET_IN = 'this link was used, or is older than ten minutes; tributary console makes a new one';

/** Opens the door of a stage. `now` is the machine's time: whoever has the link waits in it, not in the stage's. */
export function openStageDoor({ token, now }: { readonly token: string; readonly now: () => Milliseconds }): StageDoor {
  /** By digest, so that the code itself is kept nowhere, and until when. */
  const codes = new Map<string, Milliseconds>();

  const bears: StageDoor['bears'] = (authorization) => {
    const given = /^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '';
    return timingSafeEqual(digest(given), digest(token));
  };
  const makeCode = (): string => {
    const code = randomBytes(24).toString('base64url');
    codes.set(digest(code).toString('hex'), now() + CODE_LIVES_MS);
    const [oldest] = codes.keys();
    if (codes.size > MOST_CODES && oldest !== undefined) codes.delete(oldest);
    return code;
  };
  const exchange = (body: Buffer): HttpAnswer => {
    const name = digest(codeIn(body)).toString('hex');
    const until = codes.get(name);
    codes.delete(name);
    if (until !== undefined && now() < until) return answerOf(200, { token });
    return answerOf(401, { code: 'stage/link-used', message: HOW_TO_GET_IN });
  };

  return {
    bears,
    makeCode,
    answer({ method, path, authorization, body }) {
      // The page asks how it gets in before it asks anything else. Here the answer is never Cognito.
      if (path === '/assets/console.json' && method === 'GET') return answerOf(200, { signIn: 'link' });
      if (method !== 'POST') return undefined;
      if (path === '/stage/session') return exchange(body);
      if (path !== '/stage/links') return undefined;
      return bears(authorization) ? answerOf(200, { code: makeCode() }) : answerOf(403, { message: 'Forbidden' });
    },
  };
}

function codeIn(body: Buffer): string {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isJsonObject(value) && typeof value.code === 'string' ? value.code : '';
  } catch {
    return ''; // No JSON, so no code either; nothing matches it.
  }
}

function answerOf(status: number, content: object): HttpAnswer {
  const headers = [
    ['content-type', 'application/json'],
    ['cache-control', 'no-store'],
  ] as const;
  return { status, headers, body: Buffer.from(JSON.stringify(content)) };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
