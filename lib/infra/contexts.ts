import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { IConstruct } from 'constructs';
import * as z from 'zod';
import { TributaryError } from '../domain/errors.ts';
import { type TableName, tableNames } from './tables.ts';

/** What of a deployment stands still. */
export interface Paused {
  /** Nothing begins by itself: every schedule is disabled. */
  readonly schedules: boolean;
  /** Nothing that waits is done: no queue drives its function. What comes in is accepted and waits. */
  readonly queues: boolean;
}

const pauses: Readonly<Record<string, Paused>> = {
  false: { schedules: false, queues: false },
  schedules: { schedules: true, queues: false },
  true: { schedules: true, queues: true },
};

/** What `-c paused=…` asks for. Throws `config` `infra/context` when it asks for something else. */
export function pausedIn(scope: IConstruct): Paused {
  const given: unknown = scope.node.tryGetContext('paused') ?? 'false';
  const paused = Object.entries(pauses).find(([name]) => name === String(given))?.[1];
  if (paused !== undefined) return paused;
  throw refused('paused', `found ${JSON.stringify(given)}, expected ${Object.keys(pauses).join(', ')} or nothing`);
}

/** Names of tables in the account that take the place of the stack's own. */
export type TablesInstead = Readonly<Record<TableName, string>>;

// DynamoDB API reference, CreateTable.
const TABLE_NAME = /^[a-zA-Z0-9_.-]{3,255}$/;

/**
 * The tables of the file that `-c tables=FILE` names: `{"profiles": "its name in the account", …}`, all of them, because rows
 * of one lead into another. Throws `config` `infra/context` when it cannot be read or says something else.
 */
export function tablesIn(scope: IConstruct): TablesInstead | undefined {
  const file: unknown = scope.node.tryGetContext('tables');
  if (file === undefined) return undefined;
  if (typeof file !== 'string') throw refused('tables', `found ${typeof file}, expected the path of a JSON file`);
  const named = namesIn(file);
  const strange = Object.keys(named).filter((name) => !(tableNames as readonly string[]).includes(name));
  const missing = tableNames.filter((name) => named[name] === undefined);
  if (strange.length + missing.length > 0) {
    const found = [...strange.map((name) => `${name} more`), ...missing.map((name) => `${name} missing`)].join(', ');
    throw refused('tables', `found ${found} in ${file}, expected exactly ${tableNames.join(', ')}`);
  }
  const wrong = Object.entries(named).find(([, name]) => !TABLE_NAME.test(name));
  if (wrong !== undefined) {
    throw refused('tables', `found ${JSON.stringify(wrong[1])} for ${wrong[0]} in ${file}, expected a table's name`);
  }
  if (new Set(Object.values(named)).size < tableNames.length) {
    throw refused('tables', `found one name twice in ${file}, expected a table of its own for each`);
  }
  return named as TablesInstead;
}

function namesIn(file: string): Readonly<Record<string, string>> {
  let told: unknown;
  try {
    told = JSON.parse(readFileSync(resolve(file), 'utf8'));
  } catch (cause) {
    throw refused('tables', `found nothing to read as JSON in ${file}, expected a map of tables to names`, cause);
  }
  const parsed = z.record(z.string(), z.string()).safeParse(told);
  if (parsed.success) return parsed.data;
  throw refused('tables', `found something else in ${file}, expected a map of tables to names`);
}

/** Where the folder `docs` is read, without a slash at its end: for links that can be followed from a message. */
export function docsUrlIn(scope: IConstruct): string | undefined {
  const given: unknown = scope.node.tryGetContext('docsUrl');
  return typeof given === 'string' ? given.replace(/\/$/, '') : undefined;
}

function refused(context: string, why: string, cause?: unknown): TributaryError {
  return new TributaryError('config', 'infra/context', `-c ${context}: ${why}`, { cause });
}
