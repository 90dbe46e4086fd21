import type { Definitions } from '../domain/definitions.ts';
import { TributaryError } from '../domain/errors.ts';

/** The part of a workspace that decides which resources there are. The rest is published by `apply`, without a deploy. */
export type WorkspaceForSynthesis = Pick<Definitions, 'workspace' | 'timezone' | 'connections' | 'audiences'> &
  Partial<Pick<Definitions, 'console' | 'privacy' | 'learned'>>;

// CloudFormation: a stack's name has letters, digits and hyphens and starts with a letter. EventBridge Scheduler: the name
// of a group of schedules, which is called the same, has at most 64 of them.
const WORKSPACE_NAME = /^[a-z0-9][a-z0-9-]{0,53}$/i;

/** The stack's name. Throws `config` `infra/workspace-name` when a stack cannot be named after the workspace. */
export function stackNameOf(workspace: string): string {
  if (!WORKSPACE_NAME.test(workspace)) {
    throw new TributaryError(
      'config',
      'infra/workspace-name',
      'the workspace name cannot name a stack; use up to 54 letters, digits and hyphens, starting with a letter or digit',
    );
  }
  return `tributary-${workspace}`;
}
