import * as z from 'zod';
import type { MailchimpClient } from './client.ts';
import { MAX_PAGE } from './manifest.ts';

/** What decides about a push: how the member stands to the list, and which tags it carries. */
export interface MemberState {
  readonly status: string;
  readonly tags: readonly string[];
}

/** Up to this many are asked for one by one, without looking how long the list is. */
const FEW = 20;

/** Requests at a time: the account allows ten, and other tools use it too. */
const AT_ONCE = 4;

/**
 * How far consecutive pages overlap. Members change while the list is read: those move to its end, where they are met
 * again, and everybody behind moves up; without an overlap somebody at the edge of a page would look like a stranger.
 */
const SLACK = 10;

const state = z
  .object({ id: z.string(), status: z.string(), tags: z.array(z.object({ id: z.int() })).default([]) })
  .transform(({ id, status, tags }) => ({ id, status, tags: tags.map((tag) => String(tag.id)) }));

/**
 * Reads how members stand, in as few calls as it takes: one each, or the whole list by thousands when that is less.
 * Ids that are missing from the answer are not on the list.
 */
export async function readMemberStates(
  api: MailchimpClient,
  ids: readonly string[],
): Promise<{ readonly states: ReadonlyMap<string, MemberState>; readonly calls: number }> {
  const states = new Map<string, MemberState>();
  if (ids.length <= FEW) return { states, calls: await readEach(api, ids, states) };
  const wanted = new Set(ids);
  let calls = 0;
  for (const archived of [false, true]) {
    for (let offset = 0, more = true; more; offset += MAX_PAGE - SLACK) {
      const page = await api.listStates({ archived, offset });
      calls += 1;
      const pagesLeft = Math.ceil((page.total - offset - page.items.length) / (MAX_PAGE - SLACK));
      if (!archived && offset === 0 && pagesLeft > ids.length) {
        return { states, calls: calls + (await readEach(api, ids, states)) };
      }
      for (const item of page.items) remember(states, item, wanted);
      if (states.size === wanted.size) return { states, calls };
      more = page.items.length > 0 && pagesLeft > 0;
    }
  }
  return { states, calls };
}

async function readEach(
  api: MailchimpClient,
  ids: readonly string[],
  states: Map<string, MemberState>,
): Promise<number> {
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE);
    const found = await Promise.all(some.map((id) => api.getMember(id)));
    for (const item of found) remember(states, item, new Set(some));
  }
  return ids.length;
}

function remember(states: Map<string, MemberState>, item: unknown, wanted: ReadonlySet<string>): void {
  const parsed = state.safeParse(item);
  if (!parsed.success || !wanted.has(parsed.data.id)) return;
  states.set(parsed.data.id, { status: parsed.data.status, tags: parsed.data.tags });
}
