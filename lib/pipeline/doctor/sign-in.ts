import type { ConnectionDefinition, Definitions } from '../../domain/definitions.ts';
import { asTributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { withCalls } from '../call-meter.ts';
import { type ConnectionDeps, openConnection } from '../connections.ts';
import type { Clock, Queue, StateStore } from '../ports.ts';

/** How a try to sign in to a tool ended. Not as whom: that may be a person. */
export interface SignIn {
  readonly at: string;
  /** The code of what was in the way; absent = let in. */
  readonly refused?: string;
}

const KIND = 'sign-in';
const KEPT_MS = 30 * 24 * 3_600_000;

/**
 * Asks the functions that hold the secrets to try them: those that pull for connections that are read, those that push for
 * the others. Returns which connections were asked about; of the rest nobody holds a secret.
 */
export async function askToSignIn(
  deps: { readonly sync: Queue; readonly push: Queue; readonly clock: Pick<Clock, 'now'> },
  { connections, audiences }: Definitions,
): Promise<{ readonly at: string; readonly asked: readonly string[] }> {
  const by = (queue: 'sync' | 'push') =>
    Object.values(connections).filter((one) => queueOfSecret(one, audiences) === queue);
  const [read, pushed] = [by('sync'), by('push')];
  const messages = (some: typeof read) => some.map(({ name }) => ({ body: { signIn: name } }));
  const at = formatInstant(deps.clock.now().getTime());
  await deps.sync.send(messages(read));
  await deps.push.send(messages(pushed));
  return { at, asked: [...read, ...pushed].map(({ name }) => name) };
}

/** The queue of the function that holds a connection's secret: pulls first; undefined = nobody signs in there. */
export function queueOfSecret(
  { name, webhook, eventBus, streams }: ConnectionDefinition,
  audiences: Definitions['audiences'],
): 'sync' | 'push' | undefined {
  if (webhook || eventBus !== undefined || Object.keys(streams).length > 0) return 'sync';
  return audiences.some(({ connection }) => connection === name) ? 'push' : undefined;
}

/** The connection that a message asks to sign in to; undefined when it asks for something else. */
export function readSignInAsked(message: Json): string | undefined {
  return isJsonObject(message) && typeof message.signIn === 'string' ? message.signIn : undefined;
}

/** Signs in by the cheapest call that the tool has, and notes how it ended. Somebody waits for it: nothing is tried again. */
export async function signIn(
  deps: ConnectionDeps & { readonly state: StateStore },
  name: string,
  signal: AbortSignal,
): Promise<void> {
  let refused: string | undefined;
  try {
    const connection = await openConnection(deps, name);
    await withCalls(deps, connection, { holder: 'sign-in', use: 'pull' }, async (calls) =>
      connection.connector.check(await connection.connect(signal, calls)),
    );
  } catch (thrown) {
    const { kind, code, message } = asTributaryError(thrown);
    deps.log('not signed in', { connection: name, kind, code, reason: message });
    refused = code;
  }
  const now = deps.clock.now().getTime();
  const body: JsonObject = { at: formatInstant(now), ...(refused === undefined ? {} : { refused }) };
  const held = await deps.state.get(KIND, name);
  await deps.state.put(KIND, name, body, held?.version ?? 0, { expiresAt: now + KEPT_MS });
}

/** The latest try, if it is not long ago. */
export async function readSignIn(state: StateStore, name: string): Promise<SignIn | undefined> {
  return (await state.get(KIND, name))?.body as unknown as SignIn | undefined;
}
