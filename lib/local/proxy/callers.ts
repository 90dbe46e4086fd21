import { createHash } from 'node:crypto';

/** The access key id that a function's clients must use, so that the proxy knows who calls. */
export function accessKeyIdOf(functionLogicalId: string): string {
  return `AKIA${createHash('sha256').update(functionLogicalId).digest('hex').slice(0, 16).toUpperCase()}`;
}

/** The access key id in a Signature Version 4 `Authorization` header, or undefined. The signature is not checked. */
export function accessKeyIdIn(authorization: string | undefined): string | undefined {
  return /Credential=([^/,\s]+)\//.exec(authorization ?? '')?.[1];
}
