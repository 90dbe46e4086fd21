import type { BlockStore } from '../../pipeline/ports.ts';
import { batchGet, type Dynamo, executeAll } from './client.ts';

/** The sort key of a block's only row. */
const ALL = 'all';

/**
 * Blocks in table `memberships`, under `block:<HMAC>`: one row each with everybody in it, so that a hundred blocks are
 * read by one request. A block stays small, because whoever comes to a full one is left out.
 */
export function openBlockStore(dynamo: Dynamo, table: string): BlockStore {
  const keyOf = (block: string) => ({ owner: { S: `block:${block}` }, profile: { S: ALL } });
  const read = async (
    blocks: readonly string[],
    options: { readonly lagging?: boolean } = {},
  ): Promise<ReadonlyMap<string, readonly string[]>> => {
    const items = await batchGet(dynamo, table, blocks.map(keyOf), options);
    return new Map(items.map((item) => [(item.owner?.S ?? '').slice('block:'.length), item.members?.SS ?? []]));
  };
  return {
    async add(rows, most) {
      // What it shows of a moment ago costs a write that changes nothing, or an insertion that fails and joins.
      const held = await read(
        rows.map(({ block }) => block),
        { lagging: true },
      );
      const news = new Map<string, Set<string>>();
      for (const { block, profile } of rows) {
        const before = held.get(block) ?? [];
        if (before.length >= most || before.includes(profile)) continue;
        news.set(block, (news.get(block) ?? new Set()).add(profile));
      }
      const added = [...news].map(([block, profiles]) => ({ block, SS: [...profiles] }));
      const insert = ({ block, SS }: (typeof added)[number]) => ({
        Statement: `INSERT INTO "${table}" VALUE {'owner': ?, 'profile': ?, 'members': ?}`,
        Parameters: [keyOf(block).owner, keyOf(block).profile, { SS }],
      });
      const join = ({ block, SS }: (typeof added)[number]) => ({
        Statement: `UPDATE "${table}" SET "members" = set_add("members", ?) WHERE "owner" = ? AND "profile" = ?`,
        Parameters: [{ SS }, keyOf(block).owner, keyOf(block).profile],
      });
      const outcomes = await executeAll(
        dynamo,
        added.map((one) => (held.has(one.block) ? join(one) : insert(one))),
      );
      // Somebody made the block meanwhile.
      const met = added.filter(({ block }, at) => outcomes[at] === 'condition-failed' && !held.has(block));
      await executeAll(dynamo, met.map(join));
    },
    members: (blocks) => read(blocks),
  };
}
