import * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import type { ListPage, Member, Standing, Truth } from '../contract.ts';
import type { MailchimpClient } from './client.ts';
import { MAX_PAGE } from './manifest.ts';
import { memberIdOf } from './member.ts';
import { readMemberStates } from './member-states.ts';
import { findTag } from './tags.ts';

/**
 * How far pages overlap: there are no cursors, and whoever loses the tag meanwhile moves everybody behind them up. Who is
 * met twice counts once.
 */
const SLACK = 10;

const position = z.strictObject({ v: z.literal(1), offset: z.int().min(0) });

/** The real members of a tag, those who are not subscribed included: they carry it too. */
export const truth: Truth<MailchimpClient> = { find: findTag, members, standing };

async function* members(
  api: MailchimpClient,
  remoteId: string,
  { signal, after }: { readonly signal: AbortSignal; readonly after?: Json },
): AsyncIterable<ListPage> {
  for (let offset = position.safeParse(after).data?.offset ?? 0, more = true; more; offset += MAX_PAGE - SLACK) {
    if (signal.aborted) return;
    const page = await api.listTagMembers(remoteId, offset);
    more = page.members.length > 0 && offset + page.members.length < page.total;
    yield {
      members: page.members.map(({ email_address, status }) => ({
        keys: [{ type: 'email', value: email_address }],
        standing: standingOf(status),
      })),
      ...(more ? { next: { v: 1, offset: offset + MAX_PAGE - SLACK } } : {}),
    };
  }
}

/** A member by their best address that the list has. Deleted for good and never there look the same. */
async function standing(api: MailchimpClient, asked: readonly Member[]): Promise<ReadonlyMap<string, Standing>> {
  const idsOf = ({ keys }: Member): string[] =>
    keys.filter(({ type }) => type === 'email').map(({ value }) => memberIdOf(value));
  const { states } = await readMemberStates(api, [...new Set(asked.flatMap(idsOf))]);
  const found = new Map<string, Standing>();
  for (const member of asked) {
    const state = idsOf(member)
      .map((id) => states.get(id))
      .find((one) => one !== undefined);
    if (state !== undefined) found.set(member.memberId, standingOf(state.status));
  }
  return found;
}

function standingOf(status: string): Standing {
  return status === 'subscribed' ? 'reachable' : status;
}
