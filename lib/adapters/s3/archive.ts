import { gunzipSync, gzipSync } from 'node:zlib';
import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
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
  return {
    put: (key, lines) => put(key, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), 'application/x-ndjson'),
    putJson: (key, value) => put(key, JSON.stringify(value), 'application/json'),
    async getJson(key) {
      try {
        const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
        return JSON.parse(gunzipSync(bytes).toString('utf8')) as Json;
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
  };
}
