import { isJsonObject, type Json } from '../../domain/json.ts';
import { readSignInAsked, signIn } from '../doctor/sign-in.ts';
import { type EraseCommand, eraseInTools } from '../erase/erase-in-tools.ts';
import { type VerifyDeps, verifyAudience } from '../verify/verify-audience.ts';
import type { VerifyCommand } from '../verify/verify-run.ts';
import { activateAudience } from './activate-audience.ts';
import type { ActivateDeps, PushCommand } from './push-work.ts';

/** Does a message of the push queue: `{verify}` checks a list, `{erase}` erases a person in a tool, `{signIn}` tries a secret, all else pushes. */
export function workPushQueue(deps: ActivateDeps & VerifyDeps) {
  const [activate, verify, erase] = [activateAudience(deps), verifyAudience(deps), eraseInTools(deps)];
  return (body: Json, signal: AbortSignal): Promise<void> => {
    const tried = readSignInAsked(body);
    if (tried !== undefined) return signIn(deps, tried, signal);
    if (isJsonObject(body) && typeof body.erase === 'string') return erase(body as unknown as EraseCommand, signal);
    return isJsonObject(body) && typeof body.verify === 'string'
      ? verify(body as unknown as VerifyCommand, signal)
      : activate(body as unknown as PushCommand, signal);
  };
}
