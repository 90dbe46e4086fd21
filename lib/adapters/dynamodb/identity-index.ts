import {
  type BatchStatementRequest,
  ConditionalCheckFailedException,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Claim, IdentityIndex } from '../../pipeline/ports.ts';
import { batchGet, type Dynamo, executeAll, type Item } from './client.ts';

/** The index from identifiers to profiles: table `identifiers`, key → profile id. Holds HMACs, no personal data. */
export function openIdentityIndex(dynamo: Dynamo, table: string): IdentityIndex {
  return {
    async lookUp(keys) {
      const items = await batchGet(
        dynamo,
        table,
        keys.map((key) => ({ key: { S: key } })),
      );
      const erased = items.filter((item) => item.erased?.N !== undefined);
      const owned = items.filter((item) => item.profile?.S !== undefined);
      const keysOf = (some: readonly Item[]) => new Set(some.map((item) => item.key?.S ?? ''));
      return {
        owners: new Map(owned.map((item) => [item.key?.S ?? '', item.profile?.S ?? ''])),
        erased: new Map(erased.map((item) => [item.key?.S ?? '', Number(item.erased?.N)])),
        suppressed: keysOf(items.filter((item) => item.suppressed?.BOOL === true)),
        vacant: keysOf(items.filter((item) => item.profile?.S === undefined)),
        hinted: new Map(
          items.flatMap(({ key, hinted, reread }) =>
            Number(hinted?.N ?? 0) > Number(reread?.N ?? 0) ? [[key?.S ?? '', Number(hinted?.N)]] : [],
          ),
        ),
      };
    },
    async claim(claims) {
      const outcomes = await executeAll(
        dynamo,
        claims.map((claim) => claimStatement(table, claim)),
      );
      return new Set(claims.filter((_, at) => outcomes[at] === 'condition-failed').map(({ key }) => key));
    },
    async note(what, keys, at) {
      const hint = { N: String(at) };
      await executeAll(
        dynamo,
        keys.map((key) => ({
          Statement: `UPDATE "${table}" SET "${what}" = ? WHERE "key" = ? AND "profile" IS NOT MISSING AND ("${what}" IS MISSING OR "${what}" < ?)`,
          Parameters: [hint, { S: key }, hint],
        })),
      );
    },
    async mark(key, suppressed) {
      const item = { TableName: table, Key: { key: { S: key } } };
      if (suppressed) {
        // Known from now on: whoever claims the key without having seen the mark finds it taken, and looks again.
        const set = {
          UpdateExpression: 'SET suppressed = :yes',
          ExpressionAttributeValues: { ':yes': { BOOL: true } },
        };
        await dynamo.client.send(new UpdateItemCommand({ ...item, ...set }));
        return;
      }
      try {
        const only = { ConditionExpression: 'attribute_exists(suppressed)' };
        await dynamo.client.send(new UpdateItemCommand({ ...item, ...only, UpdateExpression: 'REMOVE suppressed' }));
      } catch (error) {
        // Nothing was marked: nothing to take away.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}

function claimStatement(table: string, { key, profile, over, erased, vacant }: Claim): BatchStatementRequest {
  const since = erased === undefined ? [] : [{ N: String(erased) }];
  const set = `SET "profile" = ?${since.length === 0 ? '' : ' SET "erased" = ?'}`;
  if (vacant === true && over === undefined) {
    return {
      Statement: `UPDATE "${table}" ${set} WHERE "key" = ? AND "profile" IS MISSING`,
      Parameters: [{ S: profile }, ...since, { S: key }],
    };
  }
  if (over === undefined) {
    return {
      Statement: `INSERT INTO "${table}" VALUE {'key': ?, 'profile': ?${since.length === 0 ? '' : ", 'erased': ?"}}`,
      Parameters: [{ S: key }, { S: profile }, ...since],
    };
  }
  return {
    Statement: `UPDATE "${table}" ${set} WHERE "key" = ? AND "profile" = ?`,
    Parameters: [{ S: profile }, ...since, { S: key }, { S: over }],
  };
}
