import { createHmac, randomBytes } from 'node:crypto';

/** Made by each process anew: an id that could be computed would let anybody on this machine call as a function. */
const secret = randomBytes(32);

/** The access key id that a function's clients must use, so that the proxy knows who calls. */
export function accessKeyIdOf(functionLogicalId: string): string {
  return `AKIA${createHmac('sha256', secret).update(functionLogicalId).digest('hex').slice(0, 16).toUpperCase()}`;
}
