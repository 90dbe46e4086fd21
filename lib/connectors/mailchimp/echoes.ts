import type { Change } from '../../domain/change.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import type { Echo, Pushed, Write } from '../contract.ts';
import { fieldEchoes, fieldTargets, idIn, textOf } from '../define-field.ts';
import type { Config } from './config.ts';
import { mergeTarget, writtenTo } from './field-values.ts';
import { memberIdOf } from './member.ts';
import { memberMapping } from './members.stream.ts';
import { tagNameOf } from './tags.ts';

const TAGS = 'mailchimp.tags';
const MERGE = 'mailchimp.merge';

/** Tags and merge fields that a push set, as the stream `members` brings them. */
export function echoes(change: Change, { targets }: Pushed<Config>): readonly Echo[] {
  return [...taggings(change), ...fieldTargets(mergeTarget, targets).flatMap((one) => merges(change, one.merge_field))];
}

/** A merge field is a key of all merge fields, and some are traits of their own too. */
function merges(change: Change, tag: string): readonly Echo[] {
  const written = (id: string, value: Json) => writtenTo(tag, id, value);
  const all = change.kind === 'profile' ? change.traits?.[MERGE] : undefined;
  const own = fieldEchoes(change, memberMapping, { path: `merge_fields.${tag}` }, written);
  if (change.kind !== 'profile' || !isJsonObject(all) || !Object.hasOwn(all, tag)) return own;
  return [...own, { writes: [written(idIn(change.fragment), textOf(all[tag]))], of: { trait: MERGE, key: tag } }];
}

/**
 * Tags that a push put on members come back in the stream `members`. Only those are taken out of the trait: without it
 * a segment that asks for a tag which its own audience sets would never come to rest.
 */
function taggings(change: Change): readonly Echo[] {
  if (change.kind !== 'profile') return [];
  const tags = change.traits?.[TAGS];
  const member = idIn(change.fragment);
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
