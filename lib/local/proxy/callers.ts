import { createHash } from 'node:crypto';

/** The access key id that a function's clients must use, so that the proxy knows who calls. */
export function accessKeyIdOf(functionLogicalId: string): string {
  return `AKIA${createHash('sha256').update(functionLogicalId).digest('hex').slice(0, 16).toUpperCase()}`;
}

/** The access key id in a Signature Version 4 `Authorization` header, or undefined. The signature is not checked. */
export function accessKeyIdIn(authorization: string | undefined): string | undefined {
  return /Credential=([^/,.\s]+)[^/,\s]*\//.exec(authorization ?? '')?.[1];
}

/** The access key id of one process of a function: the function's own, marked by the process. */
export function accessKeyIdOfProcess(accessKeyId: string, process: string): string {
  return `${accessKeyId}.${process}`;
}

/** The process that an access key id is marked by, or undefined. */
export function processIn(authorization: string | undefined): string | undefined {
  return /Credential=[^/,.\s]+\.([^/,\s]+)\//.exec(authorization ?? '')?.[1];
}
