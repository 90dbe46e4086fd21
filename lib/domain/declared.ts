import { createHash } from 'node:crypto';
import { canonicalText } from './canonical.ts';
import type { Definitions } from './definitions.ts';

/** The part of a workspace that decides which resources are deployed: name → how it is declared. */
export type Declared = Readonly<Record<string, string>>;

/** What deploying the workspace would add to, edit in or remove from what is deployed. */
export interface DeployChange {
  readonly resource: string;
  readonly change: 'added' | 'edited' | 'removed';
  readonly deployed: string | null;
  readonly wanted: string | null;
}

type Declaring = Pick<Definitions, 'workspace' | 'timezone' | 'connections' | 'audiences'> &
  Partial<Pick<Definitions, 'console' | 'privacy' | 'learned'>>;

/**
 * Everything that synthesis takes from a workspace: secrets, webhooks and event buses of connections, schedules of streams,
 * audiences and learning, their time zone, the sign-in of the console, and for how long the archive keeps what. Two workspaces
 * with an equal part synthesise to the same template.
 */
export function declaredIn(workspaceOf: Declaring): Declared {
  const { workspace, timezone, connections, audiences, console, privacy, learned } = workspaceOf;
  const declared: Record<string, string> = { workspace, 'time zone': timezone };
  if (console !== undefined) declared['console sign-in'] = console.signIn;
  if (privacy !== undefined) {
    declared['archive retention'] = `${privacy.archiveKeptMs} ms, outcomes ${privacy.activitiesKeptMs} ms`;
  }
  if (learned !== undefined) declared.learn = learned.at.expression;
  for (const { name, connector, webhook, eventBus, streams, erasure } of Object.values(connections)) {
    const erases = erasure === 'delete' ? ', people are erased there' : '';
    const told = eventBus === undefined ? '' : `, events of ${eventBus}`;
    declared[`connection ${name}`] = `${connector}${webhook ? ' with a webhook' : ''}${told}${erases}`;
    for (const [stream, { expression }] of Object.entries(streams)) declared[`pull ${name}/${stream}`] = expression;
  }
  for (const { audience, connection, when, verify } of audiences) {
    const schedule = when === undefined ? 'by hand' : when === 'realtime' ? when : when.expression;
    declared[`push ${audience}`] = `${connection} ${schedule}`;
    if (verify?.when !== undefined) declared[`verify ${audience}`] = verify.when.expression;
  }
  return declared;
}

/** What differs between what is deployed and what a workspace declares, by name. */
export function declaredChanges(deployed: Declared, wanted: Declared): readonly DeployChange[] {
  const resources = [...new Set([...Object.keys(deployed), ...Object.keys(wanted)])].sort();
  return resources.flatMap((resource): DeployChange[] => {
    const [from, to] = [deployed[resource] ?? null, wanted[resource] ?? null];
    if (from === to) return [];
    const change = from === null ? 'added' : to === null ? 'removed' : 'edited';
    return [{ resource, change, deployed: from, wanted: to }];
  });
}

/** Names a declared part where there is no room for all of it. */
export function declaredHash(declared: Declared): string {
  return `sha256:${createHash('sha256').update(canonicalText(declared)).digest('hex')}`;
}
