import type { WriteLedger } from '../../pipeline/ports.ts';
import { batchDelete, batchGet, batchPut, type Dynamo } from './client.ts';
import { queryPages } from './query.ts';

/** The write ledger in table `ledger`: what we wrote into tools, as HMACs. The store's own deletion only tidies up. */
export function openWriteLedger(dynamo: Dynamo, table: string): WriteLedger {
  return {
    async read(keys) {
      const items = await batchGet(
        dynamo,
        table,
        keys.map((key) => ({ key: { S: key } })),
      );
      return new Map(
        items.map((item) => [
          item.key?.S ?? '',
          {
            key: item.key?.S ?? '',
            value: item.value?.S ?? '',
            from: Number(item.from?.N ?? 0),
            until: Number(item.until?.N ?? 0),
            // Entries of a release that did not keep it.
            since: Number(item.since?.N ?? item.from?.N ?? 0),
            ...(item.former?.S === undefined ? {} : { former: item.former.S }),
            expiresAt: Number(item.expiresAt?.N ?? 0),
            ...(item.subject?.S === undefined ? {} : { subject: item.subject.S }),
          },
        ]),
      );
    },
    put: (entries) =>
      batchPut(
        dynamo,
        table,
        entries.map(({ key, value, from, until, since, former, expiresAt, subject }) => ({
          key: { S: key },
          value: { S: value },
          from: { N: String(from) },
          until: { N: String(until) },
          since: { N: String(since) },
          ...(former === undefined ? {} : { former: { S: former } }),
          expiresAt: { N: String(expiresAt) },
          expires: { N: String(Math.ceil(expiresAt / 1_000)) },
          ...(subject === undefined ? {} : { subject: { S: subject } }),
        })),
        (item) => item.key?.S ?? '',
      ),
    async erase(subjects) {
      const keys = new Set<string>();
      for (const subject of subjects) {
        const pages = queryPages(dynamo, {
          TableName: table,
          IndexName: 'by-subject',
          KeyConditionExpression: 'subject = :subject',
          ExpressionAttributeValues: { ':subject': { S: subject } },
        });
        for await (const page of pages) for (const item of page) keys.add(item.key?.S ?? '');
      }
      await batchDelete(
        dynamo,
        table,
        [...keys].map((key) => ({ key: { S: key } })),
      );
      return keys.size;
    },
  };
}
