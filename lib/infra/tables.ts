/** One attribute of a key: its name, and whether it holds text or a number. */
export interface KeyAttribute {
  readonly name: string;
  readonly type: 'S' | 'N';
}

/** A table as docs/architecture.md lists it. Named by concept; its indexes by the question they answer. */
export interface TableSpec {
  readonly key: readonly [KeyAttribute] | readonly [KeyAttribute, KeyAttribute];
  /** Sparse, keys only: an index answers "which ones", the table answers "what". */
  readonly indexes?: Readonly<Record<string, readonly [KeyAttribute, KeyAttribute]>>;
  /** Attribute that holds the second at which DynamoDB may delete the item. */
  readonly expires?: string;
  /** The actions behind each right on the table: what its store in lib/adapters/dynamodb calls, and nothing else. */
  readonly actions: { readonly [right in TableRight]?: readonly TableAction[] };
}

/**
 * What a function may do with a table. `scan` walks over everybody and `erase` deletes, so each is a right of its own; so are
 * `list` of documents by their kind, `count` in a set of numbers, and `replace` of whole people in a transaction, which few need.
 */
export type TableRight = 'read' | 'list' | 'write' | 'replace' | 'count' | 'scan' | 'erase';

/**
 * Actions as IAM knows them. A transaction needs those of its items, a batch of PartiQL statements those of its
 * statements (DynamoDB developer guide).
 */
export type TableAction =
  | 'GetItem'
  | 'BatchGetItem'
  | 'Query'
  | 'Scan'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'ConditionCheckItem'
  | 'BatchWriteItem'
  | 'PartiQLInsert'
  | 'PartiQLUpdate'
  | 'PartiQLDelete';

const text = (name: string): KeyAttribute => ({ name, type: 'S' });
const number = (name: string): KeyAttribute => ({ name, type: 'N' });

export const tables = {
  profiles: {
    key: [text('id')],
    indexes: { 'due-by-hour': [text('dueHour'), number('dueAt')] },
    actions: {
      read: ['BatchGetItem'],
      write: ['PartiQLInsert', 'PartiQLUpdate'],
      replace: ['PutItem'],
      scan: ['Scan'],
    },
  },
  identifiers: {
    key: [text('key')],
    actions: { read: ['BatchGetItem'], write: ['PartiQLInsert', 'PartiQLUpdate', 'UpdateItem'] },
  },
  accounts: {
    key: [text('id')],
    actions: { read: ['BatchGetItem'], write: ['PartiQLInsert', 'PartiQLUpdate'] },
  },
  activities: {
    key: [text('fragment'), text('at')],
    expires: 'expires',
    actions: {
      read: ['Query'],
      write: ['BatchWriteItem', 'PartiQLInsert', 'PartiQLUpdate', 'PartiQLDelete'],
      erase: ['BatchWriteItem'],
    },
  },
  memberships: {
    key: [text('owner'), text('profile')],
    indexes: { 'pending-by-audience': [text('pending'), text('profile')] },
    expires: 'expires',
    actions: { read: ['BatchGetItem', 'Query'], write: ['PartiQLInsert', 'PartiQLUpdate'], erase: ['BatchWriteItem'] },
  },
  history: {
    key: [text('owner'), text('at')],
    expires: 'expires',
    actions: { read: ['Query'], write: ['BatchWriteItem'], erase: ['BatchWriteItem'] },
  },
  ledger: {
    key: [text('key')],
    indexes: { 'by-subject': [text('subject'), text('key')] },
    expires: 'expires',
    actions: { read: ['BatchGetItem'], write: ['BatchWriteItem'], erase: ['BatchWriteItem'] },
  },
  state: {
    key: [text('kind'), text('id')],
    expires: 'expires',
    actions: {
      read: ['GetItem'],
      list: ['Query'],
      write: ['PutItem'],
      count: ['UpdateItem'],
      erase: ['DeleteItem'],
    },
  },
} as const satisfies Readonly<Record<string, TableSpec>>;

export type TableName = keyof typeof tables;

export const tableNames = Object.keys(tables) as readonly TableName[];
