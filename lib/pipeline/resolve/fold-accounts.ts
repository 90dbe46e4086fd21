import type { AccountChange } from '../../domain/change.ts';
import { parseInstant } from '../../domain/instant.ts';
import { flattenTraits, writeTraits } from '../../domain/trait-value.ts';
import { AFTER_EVERY_WRITER_SECONDS } from '../delay.ts';
import type { Account, AccountStore, Clock, MembershipStore, Queue } from '../ports.ts';

interface AccountDeps {
  readonly accounts: AccountStore;
  readonly recompute: Queue;
  readonly clock: Clock;
}

const ROUNDS = 8;
/** How many people of an account are asked for in one recompute message. */
export const PEOPLE_IN_MESSAGE = 500;

/**
 * Folds account changes into accounts and asks for their people to be decided again. It asks first: a worker that dies
 * after the write would find nothing new the next time, and the people would never hear of it.
 */
export async function foldAccounts(deps: AccountDeps, changes: readonly AccountChange[]): Promise<void> {
  let pending = new Map<string, AccountChange[]>();
  for (const change of changes) pending.set(change.account, [...(pending.get(change.account) ?? []), change]);
  for (let round = 0; pending.size > 0; round += 1) {
    if (round === ROUNDS) throw new Error('accounts kept changing under the fold; the queue will bring them again');
    if (round > 0) await deps.clock.wait(10 + deps.clock.random() * 20 * 2 ** round);
    const before = await deps.accounts.read([...pending.keys()]);
    const next = [...pending].map(([id, list]) => fold(before.get(id) ?? { id, version: 0, traits: {} }, list));
    const news = next.filter((account) => account !== before.get(account.id));
    if (news.length > 0) {
      // By then the account is written, and so is the link row of whoever read it just before it changed.
      const delaySeconds = AFTER_EVERY_WRITER_SECONDS;
      await deps.recompute.send(news.map(({ id }) => ({ body: { account: id }, delaySeconds })));
    }
    const written = await deps.accounts.write(news);
    pending = new Map(news.filter(({ id }) => !written.has(id)).map(({ id }) => [id, pending.get(id) ?? []]));
  }
}

/** Asks for the people of changed accounts, some hundreds to a message. */
export async function askForPeople(
  deps: { readonly memberships: MembershipStore; readonly recompute: Queue },
  accounts: ReadonlySet<string>,
): Promise<void> {
  for (const account of accounts) {
    for await (const people of deps.memberships.accountPeople(account)) {
      const messages = [];
      for (let at = 0; at < people.length; at += PEOPLE_IN_MESSAGE) {
        messages.push({ body: { profiles: people.slice(at, at + PEOPLE_IN_MESSAGE) } });
      }
      await deps.recompute.send(messages);
    }
  }
}

function fold(account: Account, changes: readonly AccountChange[]): Account {
  let { traits, gone } = account;
  for (const change of changes) {
    const at = parseInstant(change.at) ?? 0;
    if (change.gone === true) gone = Math.max(gone ?? at, at);
    else traits = writeTraits(traits, flattenTraits(change.traits ?? {}), at, change.mapping ?? 1);
  }
  if (traits === account.traits && gone === account.gone && account.version > 0) return account;
  return { ...account, traits, ...(gone === undefined ? {} : { gone }) };
}
