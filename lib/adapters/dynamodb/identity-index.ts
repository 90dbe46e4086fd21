import type { IdentityIndex } from '../../pipeline/ports.ts';
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
      return new Map(items.map((item) => [item.key?.S ?? '', item.profile?.S ?? '']));
    },
    async claim(claims) {
      const outcomes = await executeAll(
        dynamo,
        claims.map(({ key, profile }) => ({
          Statement: `INSERT INTO "${table}" VALUE {'key': ?, 'profile': ?}`,
          Parameters: [{ S: key }, { S: profile }],
        })),
      );
      return new Set(claims.filter((_, at) => outcomes[at] === 'condition-failed').map(({ key }) => key));
    },
  };
}
