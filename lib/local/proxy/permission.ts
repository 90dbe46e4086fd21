import { isJsonObject, type Json } from '../../domain/json.ts';
import { listAt, textAt } from '../engines/template.ts';
import type { Policies } from './roles.ts';

/** What each function may do, or did: its logical id → `action resource`, sorted, each once. */
export type Permissions = Readonly<Record<string, readonly string[]>>;

/** Everything that the roles of functions allow. */
export function allowedBy({ callers }: Policies): Permissions {
  return Object.fromEntries(
    callers.map(({ functionLogicalId, role }) => {
      const statements = role.policies.flatMap(({ policy }) => listAt(policy, 'Statement'));
      return [functionLogicalId, unique(statements.flatMap(permissionsIn))];
    }),
  );
}

/** What stages noted that functions did (`TRIBUTARY_CALLS`), in the same words. Of functions that are no stage's own, nothing. */
export function usedIn(notes: readonly Permissions[]): Permissions {
  const used = new Map<string, string[]>();
  for (const note of notes) {
    for (const [name, calls] of Object.entries(note)) {
      const id = name.replace(/^tributary-/, '');
      used.set(id, [...(used.get(id) ?? []), ...calls.map(named)]);
    }
  }
  return Object.fromEntries([...used].map(([id, calls]) => [id, unique(calls)] as const).sort());
}

function permissionsIn(statement: Json): readonly string[] {
  if (!isJsonObject(statement) || textAt(statement, 'Effect') !== 'Allow') return [];
  const each = (value: Json | undefined) => (Array.isArray(value) ? (value as readonly Json[]) : [value ?? '']);
  return each(statement.Action).flatMap((action) =>
    each(statement.Resource).map((resource) => named(`${String(action)} ${String(resource)}`)),
  );
}

/** Without region, account, stack and workspace: what differs between two stages is none of it. */
function named(call: string): string {
  return call
    .replace(/ arn:aws:[a-z0-9]+:[a-z0-9-]*:\d*:/, ' ')
    .replace(/ secret:tributary\/[^/]+\/identity-key-.*$/, ' secret of the identity key')
    .replace(/ secret:tributary\/[^/]+\/.*$/, ' secret of a connection')
    .replace(/ (?:table\/|log-group:)?tributary-/, ' ')
    .replace(/ archivebucket/, ' ArchiveBucket');
}

function unique(list: readonly string[]): readonly string[] {
  return [...new Set(list)].sort();
}
