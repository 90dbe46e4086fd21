import type { FieldDestination } from '../connectors/contract.ts';
import { type Connectors, isFieldTarget } from '../connectors/define.ts';
import { isJsonObject, type Json } from '../domain/json.ts';
import { connectionsOf, connectorOf } from './connections.ts';
import { checkValue } from './issues.ts';
import type { Finding } from './problem.ts';
import { targetOf, textAt } from './references.ts';
import type { Source } from './source.ts';

/**
 * A field holds one value: audiences that write the same one of a connection are in one group, so that a person is in at
 * most one of them and comes into the next only when the former has let them go.
 */
export function checkFieldTargets(
  audiences: readonly Source[],
  tributary: Json | undefined,
  connectors: Connectors,
): { source: Source; finding: Finding }[] {
  const connections = connectionsOf(tributary);
  const owners = new Map<string, Source>();
  const found: { source: Source; finding: Finding }[] = [];
  for (const source of audiences) {
    const to = isJsonObject(source.value) ? source.value.to : undefined;
    const target = targetOf(to);
    const name = textAt(to, 'connection') ?? '';
    const destination = connectorOf(connections.get(name), connectors)?.fieldValues;
    if (destination === undefined || !isFieldTarget(target)) continue;
    const field = fieldOf(destination, target);
    if (field === undefined) continue;
    const key = `${name}\n${field}`;
    const owner = owners.get(key);
    if (owner === undefined) {
      owners.set(key, source);
      continue;
    }
    const [own, other] = [groupOf(source), groupOf(owner)];
    if (own !== undefined && own === other) continue;
    const words = `the field ${field} of ${name}, which ${owner.file} sets too`;
    const expected = 'both audiences in one group, so that nobody is to have two values';
    found.push({ source, finding: { path: ['to'], code: 'workspace/shared-field', found: words, expected } });
  }
  return found;
}

function fieldOf(destination: FieldDestination<unknown>, target: Json): string | undefined {
  const checked = checkValue(destination.target, target, ['to']);
  return checked.ok ? destination.fieldOf(checked.data) : undefined;
}

function groupOf({ value }: Source): string | undefined {
  return isJsonObject(value) ? textAt(value.group, 'name') : undefined;
}
