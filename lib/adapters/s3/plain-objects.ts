import { GetObjectCommand, type GetObjectCommandOutput, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { TributaryError } from '../../domain/errors.ts';
import type { ObjectVersion, PlainObjects } from '../../pipeline/ports.ts';
import { clientConfig } from '../client-config.ts';
import { tellPassingFailures } from '../passing-failures.ts';

/** Objects of a bucket as they are. */
export function openPlainObjects(bucket: string): PlainObjects {
  const client = tellPassingFailures(new S3Client(clientConfig));
  const get = async ({ key, tag }: ObjectVersion, range: string | undefined): Promise<Body> => {
    try {
      const asked = { Bucket: bucket, Key: key, IfMatch: `"${tag}"` };
      const answer = await client.send(
        new GetObjectCommand({ ...asked, ...(range === undefined ? {} : { Range: range }) }),
      );
      return answer.Body as Body;
    } catch (thrown) {
      throw moved(thrown) ?? thrown;
    }
  };
  return {
    async *bytes(object, from = 0) {
      const body = await get(object, from === 0 ? undefined : `bytes=${from}-`);
      try {
        for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) yield chunk;
      } catch (thrown) {
        throw broken(thrown);
      }
    },
    async slice(object, start, end) {
      if (end <= start) return new ArrayBuffer(0);
      const body = await get(object, `bytes=${start}-${end - 1}`);
      const bytes = await body.transformToByteArray().catch((thrown: unknown) => {
        throw broken(thrown);
      });
      return new Uint8Array(bytes).buffer;
    },
    async whole(key) {
      try {
        const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return await body?.transformToByteArray();
      } catch (thrown) {
        if (ABSENT.has(nameOf(thrown))) return undefined;
        throw thrown;
      }
    },
    async put(key, bytes, type) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ContentType: type }));
    },
  };
}

// What is not there is refused to whoever may not list the names of all objects (S3 API reference, GetObject).
const ABSENT: ReadonlySet<string> = new Set(['NoSuchKey', 'AccessDenied']);

type Body = NonNullable<GetObjectCommandOutput['Body']>;

function moved(thrown: unknown): TributaryError | undefined {
  const name = nameOf(thrown);
  if (ABSENT.has(name)) {
    const message = 'the file is gone, or may not be read; drop it again';
    return new TributaryError('rejected', 'import/file-gone', message, { cause: thrown });
  }
  if (name !== 'PreconditionFailed') return undefined;
  const message =
    'another file was dropped under the same name before this one was read to its end; it has a run of its own';
  return new TributaryError('rejected', 'import/file-replaced', message, { cause: thrown });
}

/** A connection that breaks while an object is read is no failed request, so the SDK does not try again. */
function broken(thrown: unknown): TributaryError {
  const message = 'the bucket stopped sending while a file was read; it will be tried again';
  return new TributaryError('transient', 'aws/unavailable', message, { cause: thrown });
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : '';
}
