import { percent, text } from '../operand.ts';
import { type Path, type Report, readObject, refuseUnknownKeys, type WrittenObject } from '../problem.ts';

/** `{ bucket: { salt: spring-test, from: 0%, to: 10% } }`: people whose share is in [from, to). */
export interface BucketLeaf {
  readonly kind: 'bucket';
  readonly salt: string;
  /** 0 to 1. */
  readonly from: number;
  readonly to: number;
}

export function readBucket(object: WrittenObject, path: Path, report: Report): BucketLeaf | undefined {
  refuseUnknownKeys(object, ['bucket'], path, report);
  const inner = [...path, 'bucket'];
  const bucket = readObject(object.bucket, inner, 'salt, from and to', report);
  if (bucket === undefined) return undefined;
  refuseUnknownKeys(bucket, ['salt', 'from', 'to'], inner, report);
  const salt = text.read(bucket.salt, [...inner, 'salt'], report);
  const from = percent.read(bucket.from, [...inner, 'from'], report);
  const to = percent.read(bucket.to, [...inner, 'to'], report);
  if (salt === undefined || from === undefined || to === undefined) return undefined;
  if (from >= to) {
    const found = `from ${bucket.from} to ${bucket.to}`;
    report({ path: inner, code: 'segment/bad-range', found, expected: 'from less than to' });
    return undefined;
  }
  return { kind: 'bucket', salt, from, to };
}
