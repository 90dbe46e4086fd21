import { text } from '../operand.ts';
import { type Path, type Report, refuseUnknownKeys, type WrittenObject } from '../problem.ts';

/** `{ segment: newsletter-readers }` */
export interface SegmentLeaf {
  readonly kind: 'segment';
  readonly name: string;
}

/** `{ consent: advertising }` */
export interface ConsentLeaf {
  readonly kind: 'consent';
  readonly name: string;
}

/** `{ subscribed: email }` */
export interface SubscribedLeaf {
  readonly kind: 'subscribed';
  readonly name: string;
}

/** Reads a leaf that is nothing but a name. */
export function readNamed<K extends 'segment' | 'consent' | 'subscribed'>(kind: K) {
  return function readName(object: WrittenObject, path: Path, report: Report): { kind: K; name: string } | undefined {
    refuseUnknownKeys(object, [kind], path, report);
    const name = text.read(object[kind], [...path, kind], report);
    return name === undefined ? undefined : { kind, name };
  };
}
