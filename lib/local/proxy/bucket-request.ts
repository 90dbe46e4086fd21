import type { Need } from './operations.ts';

/** An S3 request in path style, understood. */
export interface BucketRequest {
  readonly operation: BucketOperation;
  readonly bucket: string;
  /** Empty for operations on the bucket. */
  readonly key: string;
  readonly needs: readonly Need[];
}

export type BucketOperation =
  | 'CopyObject'
  | 'DeleteObject'
  | 'DeleteObjects'
  | 'GetObject'
  | 'HeadBucket'
  | 'HeadObject'
  | 'ListObjects'
  | 'PutObject';

export interface RawBucketRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly copySource: string | undefined;
  readonly body: Buffer;
}

// Anything else in a query (acl, tagging, uploads, versions, partNumber …) names a sub-resource or a feature that the
// engine lacks; it ignores them, so a request with one must not reach it.
const plainParameters = new Set([
  ...['x-id', 'list-type', 'prefix', 'delimiter', 'max-keys', 'start-after', 'continuation-token', 'marker'],
  ...['encoding-type', 'fetch-owner', 'delete'],
]);

/** Reads a request, with the permissions that it needs; undefined when the stage does not know the operation. */
export function readBucketRequest(raw: RawBucketRequest): BucketRequest | undefined {
  const url = new URL(raw.path, 'http://stage');
  const parameters = [...url.searchParams.keys()];
  if (parameters.some((name) => !plainParameters.has(name))) return undefined;
  const [bucket = '', ...rest] = url.pathname.slice(1).split('/');
  const key = decodeURIComponent(rest.join('/'));
  const operation = operationOf(raw, key, parameters.includes('delete'));
  if (operation === undefined || bucket === '') return undefined;
  return { operation, bucket, key, needs: needsOf(operation, bucket, key, raw) };
}

/** The keys that a DeleteObjects body names. */
export function keysToDelete(body: Buffer): readonly string[] {
  return [...body.toString().matchAll(/<Key>([\s\S]*?)<\/Key>/g)].map(([, key = '']) => unescapeXml(key));
}

function operationOf(raw: RawBucketRequest, key: string, hasDelete: boolean): BucketOperation | undefined {
  if (key === '') {
    if (raw.method === 'POST') return hasDelete ? 'DeleteObjects' : undefined;
    return ({ GET: 'ListObjects', HEAD: 'HeadBucket' } as const)[raw.method];
  }
  if (raw.method === 'PUT') return raw.copySource === undefined ? 'PutObject' : 'CopyObject';
  return ({ GET: 'GetObject', HEAD: 'HeadObject', DELETE: 'DeleteObject' } as const)[raw.method];
}

// Service Authorization Reference, Amazon S3: HEAD is allowed by GetObject and ListBucket.
function needsOf(operation: BucketOperation, bucket: string, key: string, raw: RawBucketRequest): readonly Need[] {
  const arn = `arn:aws:s3:::${bucket}`;
  const object = `${arn}/${key}`;
  switch (operation) {
    case 'ListObjects':
    case 'HeadBucket':
      return [{ action: 's3:ListBucket', resource: arn }];
    case 'GetObject':
    case 'HeadObject':
      return [{ action: 's3:GetObject', resource: object }];
    case 'PutObject':
      return [{ action: 's3:PutObject', resource: object }];
    case 'DeleteObject':
      return [{ action: 's3:DeleteObject', resource: object }];
    case 'DeleteObjects':
      return keysToDelete(raw.body).map((each) => ({ action: 's3:DeleteObject', resource: `${arn}/${each}` }));
    case 'CopyObject':
      return [
        {
          action: 's3:GetObject',
          resource: `arn:aws:s3:::${decodeURIComponent(raw.copySource ?? '').replace(/^\//, '')}`,
        },
        { action: 's3:PutObject', resource: object },
      ];
  }
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
