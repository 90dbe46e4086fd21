import { type Milliseconds, parseInstant } from '../lib/domain/instant.ts';
import { wrongUsage } from './failure.ts';

/** `--now`: the instant to decide at, in ms; the start of the command when it is not given. */
export function readNow(text: string | undefined): Milliseconds {
  if (text === undefined) return Date.now();
  const now = parseInstant(text);
  if (now === undefined || now < 0) {
    throw wrongUsage('--now: expected an RFC 3339 instant from 1970 on, such as 2026-11-21T00:00:00Z');
  }
  return now;
}
