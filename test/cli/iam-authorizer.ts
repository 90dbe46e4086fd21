import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Credentials that IAM gave out, and where they are good. */
export interface Known {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region: string;
  readonly service: string;
}

/** A request as it arrived. */
export interface Arrived {
  readonly method: string;
  /** As it was sent, with what stands behind the question mark. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const MOST_SKEW_MS = 5 * 60_000;

/**
 * Why AWS would refuse a request; undefined = it is let in. Computed step by step as "Create a signed AWS API request" in
 * the IAM user guide lays down, by Node's hashes alone: nothing of it is the signer's.
 */
export function whyRefused(request: Arrived, known: Known, now: Date): string | undefined {
  const { headers } = request;
  const parts = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
    headers.authorization ?? '',
  );
  if (parts === null) return 'not signed';
  const [, credential = '', names = '', signature = ''] = parts;
  const date = String(headers['x-amz-date'] ?? '');
  const scope = `${date.slice(0, 8)}/${known.region}/${known.service}/aws4_request`;
  if (credential !== `${known.accessKeyId}/${scope}`) return `scope: ${credential}`;
  if (Math.abs(instantOf(date) - now.getTime()) > MOST_SKEW_MS) return 'the clock';
  if (headers['x-amz-security-token'] !== known.sessionToken) return 'the session token';
  const signed = names.split(';');
  const must = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  if (must.some((name) => !signed.includes(name))) return 'a header that is not signed';
  const wanted = Buffer.from(signatureOf(request, known, { date, scope, signed }), 'hex');
  return timingSafeEqual(wanted, Buffer.from(signature, 'hex')) ? undefined : 'the signature';
}

export function signatureOf(
  { method, url, headers, body }: Arrived,
  known: Known,
  { date, scope, signed }: { readonly date: string; readonly scope: string; readonly signed: readonly string[] },
): string {
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  const canonical = [
    method,
    path.split('/').map(encoded).join('/'),
    canonicalQuery(query),
    ...signed.map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    signed.join(';'),
    sha256(body),
  ].join('\n');
  const steps = [scope.slice(0, 8), known.region, known.service, 'aws4_request'];
  const key = steps.reduce<string | Buffer>((key, step) => hmac(key, step), `AWS4${known.secretAccessKey}`);
  return hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')).toString('hex');
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair) => {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    return [encoded(decodeURIComponent(name)), encoded(decodeURIComponent(value))] as const;
  });
  // By code, the name first.
  pairs.sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1));
  return pairs.map((pair) => pair.join('=')).join('&');
}

/** Every byte but the unreserved letters of RFC 3986. */
function encoded(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      return /[A-Za-z0-9\-._~]/.test(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

/** `20150830T123600Z` */
function instantOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
