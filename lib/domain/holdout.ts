import { createHash } from 'node:crypto';

const TWO_TO_THE_32 = 4_294_967_296;

/**
 * A person's stable place in [0, 1) for a salt: the first 8 bytes of SHA-256(`salt:profile id`) over 2^64.
 * The same person and salt always land on the same place, however the population grows.
 */
export function placeOf(salt: string, profileId: string): number {
  const digest = createHash('sha256').update(`${salt}:${profileId}`).digest();
  return (digest.readUInt32BE(0) + digest.readUInt32BE(4) / TWO_TO_THE_32) / TWO_TO_THE_32;
}

/** Whether the person is deliberately not sent to the audience, so that its effect can be measured. */
export function isHeldOut(audience: string, profileId: string, share: number): boolean {
  return share > 0 && placeOf(`holdout:${audience}`, profileId) < share;
}
