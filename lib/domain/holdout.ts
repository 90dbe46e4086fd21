import { createHash } from 'node:crypto';

const TWO_TO_THE_32 = 4_294_967_296;

/**
 * A person's stable place in [0, 1) for a salt: the first 8 bytes of SHA-256(`salt:person`) over 2^64.
 * The same person and salt always land on the same place, however the population grows.
 */
function placeOf(salt: string, person: string): number {
  const digest = createHash('sha256').update(`${salt}:${person}`).digest();
  return (digest.readUInt32BE(0) + digest.readUInt32BE(4) / TWO_TO_THE_32) / TWO_TO_THE_32;
}

/**
 * Whether the person is deliberately not sent, so that the effect can be measured: asked once, at first exposure, and
 * kept. `of` is the audience, or the experiment that several share. `anchor` is the person's strongest identifier: a
 * function of the evidence, so that the same people are held out in whatever order the changes arrived. (A profile's id
 * depends on which of its records came first.)
 */
export function isHeldOut(of: string, anchor: string, share: number): boolean {
  return share > 0 && placeOf(`holdout:${of}`, anchor) < share;
}
