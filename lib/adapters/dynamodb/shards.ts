/** Shards of what may become very many rows of one owner: a list of a million is no single partition. */
export const SHARDS = 8;

/** The partitions of an owner. */
export function shardsOf(owner: string): string[] {
  return Array.from({ length: SHARDS }, (_, shard) => `${owner}#${shard}`);
}

/** The shard in which a profile's row lies, always the same; `shards` says how many there are. */
export function shardOf(profile: string, shards = SHARDS): number {
  let hash = 0;
  for (let at = 0; at < profile.length; at += 1) hash = (hash * 31 + profile.charCodeAt(at)) >>> 0;
  return hash % shards;
}
