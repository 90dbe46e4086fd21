import type { Account, AccountStore } from '../../pipeline/ports.ts';
import { type Dynamo, executeAll, type Item, insertItem, readById } from './client.ts';
import { formatMark, inFormat } from './format.ts';

/** Accounts (companies) in table `accounts`, written on condition of their version. */
export function openAccountStore(dynamo: Dynamo, table: string): AccountStore {
  return {
    read: (ids) => readById(dynamo, table, ids, fromItem),
    async write(accounts) {
      const outcomes = await executeAll(
        dynamo,
        accounts.map((account) => statement(table, account)),
      );
      return new Set(accounts.filter((_, at) => outcomes[at] === 'done').map(({ id }) => id));
    },
  };
}

function statement(table: string, account: Account) {
  const { id, version, ...content } = account;
  const body = { S: JSON.stringify(content) };
  const next = { N: String(version + 1) };
  const whole = { body, version: next, ...formatMark('accounts') };
  if (version === 0) return insertItem(table, { id: { S: id }, ...whole });
  const sets = Object.keys(whole).map((name) => `SET "${name}" = ?`);
  return {
    Statement: `UPDATE "${table}" ${sets.join(' ')} WHERE "id" = ? AND "version" = ?`,
    Parameters: [...Object.values(whole), { S: id }, { N: String(version) }],
  };
}

function fromItem(stored: Item): Account {
  const item = inFormat('accounts', stored);
  const content = JSON.parse(item.body?.S ?? '{}') as Omit<Account, 'id' | 'version'>;
  return { ...content, id: item.id?.S ?? '', version: Number(item.version?.N ?? 0) };
}
