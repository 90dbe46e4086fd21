import { Logger } from '@aws-lambda-powertools/logger';
import type { Log } from '../pipeline/ports.ts';

/** One JSON line a call, with the function's service name. Never a person, but for who of the team did what: the callers' fields are ids and counts. */
export function openLog(): Log {
  const logger = new Logger();
  return (message, fields = {}) => logger.info(message, { ...fields });
}
