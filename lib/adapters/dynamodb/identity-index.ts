import type { BatchStatementRequest } from '@aws-sdk/client-dynamodb';
import type { Claim, IdentityIndex } from '../../pipeline/ports.ts';
import { batchGet, type Dynamo, executeAll } from './client.ts';

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
      return {
        owners: new Map(items.map((item) => [item.key?.S ?? '', item.profile?.S ?? ''])),
        erased: new Map(erased.map((item) => [item.key?.S ?? '', Number(item.erased?.N)])),
      };
    },
    async claim(claims) {
      const outcomes = await executeAll(
        dynamo,
        claims.map((claim) => claimStatement(table, claim)),
      );
      return new Set(claims.filter((_, at) => outcomes[at] === 'condition-failed').map(({ key }) => key));
    },
  };
}

function claimStatement(table: string, { key, profile, over, erased }: Claim): BatchStatementRequest {
  const since = erased === undefined ? [] : [{ N: String(erased) }];
  if (over === undefined) {
    return {
      Statement: `INSERT INTO "${table}" VALUE {'key': ?, 'profile': ?${since.length === 0 ? '' : ", 'erased': ?"}}`,
      Parameters: [{ S: key }, { S: profile }, ...since],
    };
  }
  return {
    Statement: `UPDATE "${table}" SET "profile" = ?${since.length === 0 ? '' : ' SET "erased" = ?'} WHERE "key" = ? AND "profile" = ?`,
    Parameters: [{ S: profile }, ...since, { S: key }, { S: over }],
  };
}
