import { createHash } from 'node:crypto';

/** 64 bits of a key. Comparing ten million keys with ten million, two agree by chance less than once in 100,000 times. */
export interface KeyHash {
  readonly high: number;
  readonly low: number;
}

export function hashOfKey(text: string): KeyHash {
  const digest = createHash('sha256').update(text).digest();
  return { high: digest.readUInt32BE(0), low: digest.readUInt32BE(4) };
}

/**
 * Keys with a small number each, in flat memory: 9 bytes a slot, so that a list of a million people takes about 20 MB
 * and not the gigabyte of as many objects.
 */
export function openKeyTable() {
  let slots = 1 << 10;
  let used = 0;
  let highs = new Uint32Array(slots);
  let lows = new Uint32Array(slots);
  // 0 = the slot is empty; otherwise the number and one.
  let values = new Uint8Array(slots);

  function slotOf({ high, low }: KeyHash): number {
    for (let slot = (high ^ low) & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      if (values[slot] === 0 || (highs[slot] === high && lows[slot] === low)) return slot;
    }
  }

  function grow(): void {
    const former = { highs, lows, values };
    slots *= 2;
    highs = new Uint32Array(slots);
    lows = new Uint32Array(slots);
    values = new Uint8Array(slots);
    used = 0;
    for (const [at, value] of former.values.entries()) {
      if (value !== 0) set({ high: former.highs[at] ?? 0, low: former.lows[at] ?? 0 }, value - 1);
    }
  }

  /** A number from 0 to 254. True when the key was not there before. */
  function set(hash: KeyHash, number: number): boolean {
    if (used * 2 >= slots) grow();
    const slot = slotOf(hash);
    const fresh = values[slot] === 0;
    highs[slot] = hash.high;
    lows[slot] = hash.low;
    values[slot] = number + 1;
    if (fresh) used += 1;
    return fresh;
  }

  return {
    set,
    get(hash: KeyHash): number | undefined {
      const value = values[slotOf(hash)] ?? 0;
      return value === 0 ? undefined : value - 1;
    },
    size: () => used,
  };
}

export type KeyTable = ReturnType<typeof openKeyTable>;

/** Hashes as text for storing, and back. */
export function packHashes(hashes: readonly KeyHash[]): string {
  const bytes = Buffer.alloc(hashes.length * 8);
  for (const [at, { high, low }] of hashes.entries()) {
    bytes.writeUInt32BE(high, at * 8);
    bytes.writeUInt32BE(low, at * 8 + 4);
  }
  return bytes.toString('base64');
}

export function* unpackHashes(text: string): Iterable<KeyHash> {
  const bytes = Buffer.from(text, 'base64');
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    yield { high: bytes.readUInt32BE(at), low: bytes.readUInt32BE(at + 4) };
  }
}
