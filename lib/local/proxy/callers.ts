import { createHmac, randomBytes } from 'node:crypto';

/** Made by each process anew: an id that could be computed would let anybody on this machine call as a function. */
const secret = randomBytes(32);

/** The access key id that a function's clients must use, so that the proxy knows who calls. */
export function accessKeyIdOf(functionLogicalId: string): string {
  return `AKIA${createHmac('sha256', secret).update(functionLogicalId).digest('hex').slice(0, 16).toUpperCase()}`;
}

/** The access key id of one process of a function: the function's own, marked by the process. */
export function accessKeyIdOfProcess(accessKeyId: string, process: string): string {
  return `${accessKeyId}.${process}`;
}

/** The process that an access key id is marked by, or undefined. */
export function processIn(authorization: string | undefined): string | undefined {
  return /Credential=[^/,.\s]+\.([^/,\s]+)\//.exec(authorization ?? '')?.[1];
}
