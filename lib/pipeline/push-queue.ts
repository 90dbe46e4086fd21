import { isJsonObject, type Json } from '../domain/json.ts';
import type { EraseCommand } from './erase-in-tools.ts';
import type { PushCommand } from './push-work.ts';
import type { VerifyCommand } from './verify-run.ts';

/** Does a message of the push queue: `{verify}` checks a list, `{erase}` erases a person in a tool, everything else pushes. */
export function workPushQueue(verbs: {
  readonly activate: (command: PushCommand, signal: AbortSignal) => Promise<void>;
  readonly verify: (command: VerifyCommand, signal: AbortSignal) => Promise<void>;
  readonly erase: (command: EraseCommand, signal: AbortSignal) => Promise<void>;
}) {
  return (body: Json, signal: AbortSignal): Promise<void> => {
    if (isJsonObject(body) && typeof body.erase === 'string') {
      return verbs.erase(body as unknown as EraseCommand, signal);
    }
    return isJsonObject(body) && typeof body.verify === 'string'
      ? verbs.verify(body as unknown as VerifyCommand, signal)
      : verbs.activate(body as unknown as PushCommand, signal);
  };
}
