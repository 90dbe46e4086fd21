import type { Milliseconds } from '../../domain/instant.ts';
import type { BucketNotice } from '../engines/bucket-notices.ts';
import { stageRegion } from '../engines/resource-names.ts';

/** An object that was put. */
export interface PutObject {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
  /** Entity tag, without quotes. */
  readonly tag: string;
  readonly operation: 'PutObject' | 'CopyObject';
}

/** What buckets tell queues. */
export interface PutNotices {
  use(notices: readonly BucketNotice[]): void;
  /** Whether anybody is to be told of objects under this key. */
  concerns(bucket: string, key: string): boolean;
  /** Tells of an object, before whoever put it is answered: so it is told again when that one asks again. */
  tell(object: PutObject): Promise<void>;
}

/** Tells queues of objects as S3 does ("Event message structure", S3 user guide, version 2.1), by the stage's clock. */
export function openPutNotices(
  now: () => Milliseconds,
  send: (queueArn: string, text: string) => Promise<void>,
): PutNotices {
  let notices: readonly BucketNotice[] = [];
  let last = 0;
  const concerned = (bucket: string, key: string) =>
    notices.filter((notice) => notice.bucket === bucket && key.startsWith(notice.prefix));
  return {
    use: (used) => {
      notices = used;
    },
    concerns: (bucket, key) => concerned(bucket, key).length > 0,
    async tell(object) {
      last = Math.max(last + 1, now());
      for (const { queueArn } of concerned(object.bucket, object.key)) {
        await send(queueArn, JSON.stringify({ Records: [recordOf(object, now(), last)] }));
      }
    },
  };
}

function recordOf({ bucket, key, bytes, tag, operation }: PutObject, at: Milliseconds, order: number): object {
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: stageRegion,
    eventTime: new Date(at).toISOString(),
    eventName: operation === 'PutObject' ? 'ObjectCreated:Put' : 'ObjectCreated:Copy',
    s3: {
      s3SchemaVersion: '1.0',
      bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
      object: {
        // As in the query of a URL, slashes kept.
        key: encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+'),
        size: bytes,
        eTag: tag,
        // Grows with each putting of a key; compared as text.
        sequencer: order.toString(16).toUpperCase().padStart(18, '0'),
      },
    },
  };
}
