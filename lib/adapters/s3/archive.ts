import { gunzipSync, gzipSync } from 'node:zlib';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Json } from '../../domain/json.ts';
import type { Archive } from '../../pipeline/ports.ts';

/** Objects in the archive bucket, gzip-compressed; a key that ends in `.ndjson.gz` holds one JSON value a line. */
export function openArchive(client: S3Client, bucket: string): Archive {
  const put = async (key: string, text: string, type: string): Promise<void> => {
    const Body = gzipSync(text, { level: 5 });
    await client.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentType: type, ContentEncoding: 'gzip' }),
    );
  };
  const read = async (key: string): Promise<string | undefined> => {
    try {
      const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
      return gunzipSync(bytes).toString('utf8');
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  };
  return {
    put: (key, lines) => put(key, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), 'application/x-ndjson'),
    putJson: (key, value) => put(key, JSON.stringify(value), 'application/json'),
    async getJson(key) {
      const text = await read(key);
      return text === undefined ? undefined : (JSON.parse(text) as Json);
    },
    async lines(key) {
      const text = await read(key);
      return text?.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Json]));
    },
    async *list(prefix, after) {
      let from: { ContinuationToken: string } | { StartAfter: string } | undefined =
        after === undefined ? undefined : { StartAfter: after };
      do {
        const answer: ListObjectsV2CommandOutput = await client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...from }),
        );
        const keys = (answer.Contents ?? []).flatMap(({ Key }) => Key ?? []);
        if (keys.length > 0) yield keys;
        from =
          answer.NextContinuationToken === undefined ? undefined : { ContinuationToken: answer.NextContinuationToken };
      } while (from !== undefined);
    },
    async remove(key) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
  };
}
