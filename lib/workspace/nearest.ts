import { nearest as nearestWord } from '../domain/segment/problem.ts';

/** The candidate that a mistyped name was probably meant to be, without regard to case, hyphens and underscores. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const plain = new Map([...candidates].map((candidate) => [candidate.toLowerCase().replaceAll('-', '_'), candidate]));
  return plain.get(nearestWord(name, [...plain.keys()]) ?? '');
}
