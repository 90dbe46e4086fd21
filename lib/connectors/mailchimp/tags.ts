import { isJsonObject, type Json } from '../../domain/json.ts';
import type { MailchimpClient, Tag } from './client.ts';

/** The tag that a target names, under whichever of its two names. */
export function tagNameOf(to: Json | undefined): string {
  const given = isJsonObject(to) ? (to.tag ?? to.static_segment) : undefined;
  return typeof given === 'string' ? given : '';
}

/** The tag of that name, else one that differs only in case. Two may have one name: the oldest, so that every run takes the same. */
export async function findTag(api: MailchimpClient, to: Json): Promise<{ remoteId: string } | undefined> {
  const wanted = tagNameOf(to);
  const tags: Tag[] = [];
  for (let more = true; more; ) {
    const page = await api.listTags(tags.length);
    tags.push(...page.tags);
    more = page.tags.length > 0 && tags.length < page.total;
  }
  const same = tags.filter((tag) => tag.name === wanted);
  const alike = tags.filter((tag) => tag.name.toLowerCase() === wanted.toLowerCase());
  const [found] = (same.length > 0 ? same : alike).sort((a, b) => a.id - b.id);
  return found === undefined ? undefined : { remoteId: String(found.id) };
}
