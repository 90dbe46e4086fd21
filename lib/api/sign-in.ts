import * as z from 'zod';
import { TributaryError } from '../domain/errors.ts';

const signInSchema = z.object({ issuer: z.url(), page: z.url(), client: z.string().min(1), home: z.url() });

/** Where people sign in to the console, as its page is told: no secret, the same for everybody. */
export type SignIn = z.infer<typeof signInSchema>;

/**
 * The variable CONSOLE_SIGN_IN, which only a workspace sets that lets people sign in. Throws TributaryError `config`
 * `function/missing-variable` for what synthesis would not have written.
 */
export function readSignIn(text: string | undefined): SignIn | undefined {
  if (text === undefined) return undefined;
  const parsed = signInSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new TributaryError('config', 'function/missing-variable', 'CONSOLE_SIGN_IN is not as synthesis writes it');
}
