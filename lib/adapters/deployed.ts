import { inflateRawSync } from 'node:zlib';
import type { Inventory } from '../domain/cost/cost.ts';
import { type Declared, declaredHash } from '../domain/declared.ts';
import { DUE_SHARDS } from './dynamodb/profile-items.ts';

/**
 * What the deployed template was synthesised from, as the variable DEPLOYED tells it: in full, or by its hash where it is
 * too long for a variable. Undefined when only the hash is known and it is another one.
 */
export function openDeployed(text: string): (wanted: Declared) => Declared | undefined {
  if (text.startsWith('sha256:')) return (wanted) => (declaredHash(wanted) === text ? wanted : undefined);
  const declared = JSON.parse(inflateRawSync(Buffer.from(text, 'base64')).toString('utf8')) as Declared;
  return () => declared;
}

/** What costs by itself: what is paid for by the month, as the variable INVENTORY tells it, and what each sweep looks through. */
export function openIdling(text: string): { readonly inventory: Inventory; readonly sweepShards: number } {
  return { inventory: JSON.parse(text) as Inventory, sweepShards: DUE_SHARDS };
}
