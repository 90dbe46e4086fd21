import type { FieldDestination, ListedMember, ListPage, Outcome, WriteNotes } from '../../lib/connectors/contract.ts';
import type { Identifier } from '../../lib/domain/change.ts';
import type { Json } from '../../lib/domain/json.ts';

export function email(value: string): Identifier {
  return { type: 'email', value };
}

/** Sends one batch to a field and gives the outcomes in the order of the people, each by its first key's owner. */
export async function sendTo<Api>(
  destination: FieldDestination<Api>,
  api: Api,
  op: 'add' | 'remove',
  target: Json,
  people: readonly (readonly Identifier[])[],
  notes?: WriteNotes,
): Promise<{ readonly outcomes: readonly (Outcome | undefined)[]; readonly calls: number }> {
  const { remoteId } = await destination.ensure(api, target);
  const members = people.map((keys, n) => ({ memberId: `m${n}`, keys }));
  const batch = { remoteId, op, members, idempotencyKey: op, target };
  const result = await destination.apply(api, notes === undefined ? batch : { ...batch, notes });
  if (result.state !== 'done') throw new Error('a field is written at once');
  return { outcomes: members.map(({ memberId }) => result.outcomes.get(memberId)), calls: result.calls };
}

/** Everybody who holds the value, page by page, each page from what the one before said. */
export async function holdersIn<Api>(
  destination: FieldDestination<Api>,
  api: Api,
  target: Json,
): Promise<{ readonly people: readonly ListedMember[]; readonly pages: number }> {
  const { remoteId } = await destination.ensure(api, target);
  const people: ListedMember[] = [];
  let after: Json | undefined;
  for (let pages = 1; ; pages += 1) {
    const page = await firstPage(destination, api, remoteId, after);
    people.push(...page.members);
    if (page.next === undefined) return { people, pages };
    after = page.next;
  }
}

async function firstPage<Api>(
  { truth }: FieldDestination<Api>,
  api: Api,
  remoteId: string,
  after: Json | undefined,
): Promise<ListPage> {
  const { signal } = new AbortController();
  const read = truth?.members?.(api, remoteId, after === undefined ? { signal } : { signal, after }) ?? [];
  for await (const page of read) return page;
  throw new Error('a list has a page');
}
