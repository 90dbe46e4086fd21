/** Shards of what may become very many rows of one owner: a list of a million is no single partition. */
export const SHARDS = 8;

/** The partitions of an owner. */
export function shardsOf(owner: string): string[] {
  return Array.from({ length: SHARDS }, (_, shard) => `${owner}#${shard}`);
}

/** The shard in which a profile's row lies, always the same. */
export function shardOf(profile: string): number {
  let hash = 7;
  for (let at = 0; at < profile.length; at += 1) hash = (hash * 31 + profile.charCodeAt(at)) >>> 0;
  return hash % SHARDS;
}
