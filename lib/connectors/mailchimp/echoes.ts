import type { Change } from '../../domain/change.ts';
import type { Json } from '../../domain/json.ts';
import type { Echo, Write } from '../contract.ts';
import { memberIdOf } from './member.ts';
import { tagNameOf } from './tags.ts';

const TAGS = 'mailchimp.tags';

/**
 * Tags that a push put on members come back in the stream `members`. Only those are taken out of the trait: without it
 * a segment that asks for a tag which its own audience sets would never come to rest.
 */
export function echoes(change: Change): readonly Echo[] {
  if (change.kind !== 'profile') return [];
  const tags = change.traits?.[TAGS];
  const member = change.fragment.slice(change.fragment.lastIndexOf(':') + 1);
  if (!Array.isArray(tags)) return [];
  return tags.flatMap((tag: Json) =>
    typeof tag === 'string' ? [{ writes: [tagWrite(member, tag, true)], of: { trait: TAGS, element: tag } }] : [],
  );
}

/** What putting the target's tag on addresses, or taking it off, writes, and about whom. */
export function tagWrites(
  to: Json | undefined,
  addresses: readonly string[],
  there: boolean,
  memberOf: (address: string) => string | undefined,
): Write[] {
  const tag = tagNameOf(to);
  if (tag === '') return [];
  return addresses.map((address) => {
    const member = memberOf(address);
    return { ...tagWrite(memberIdOf(address), tag, there), ...(member === undefined ? {} : { member }) };
  });
}

/** A tag is found in any case, so it is remembered in none. */
function tagWrite(member: string, tag: string, there: boolean): Write {
  return { object: 'member', id: member, field: `tag ${tag.toLowerCase()}`, value: there };
}
