import { deflateRawSync } from 'node:zlib';
import { canonicalText } from '../domain/canonical.ts';
import { declaredHash, declaredIn } from '../domain/declared.ts';
import { stackNameOf, type WorkspaceForSynthesis } from './workspace-for-synthesis.ts';

// All variables of a function together may have 4 KB (AWS Lambda quotas). The others of the api function grow with the name of
// the stack, which begins the names of some thirty resources: test/infra/environments.test.ts adds them up.
const LETTERS = 2_120;
const LETTERS_OF_NAME = 35;

/** How many letters there are for it beside everything else that the api function is told. */
export function roomForDeployed(stackName: string): number {
  return Math.max(0, LETTERS - LETTERS_OF_NAME * stackName.length);
}

/**
 * What a template is synthesised from, for a variable: `plan` compares it with a workspace, and `apply` refuses while they
 * differ. Some hundred schedules fit in full beside a short name; of more only the hash is told.
 */
export function deployedText(workspace: WorkspaceForSynthesis): string {
  const declared = declaredIn(workspace);
  const text = deflateRawSync(canonicalText(declared), { level: 9 }).toString('base64');
  return text.length <= roomForDeployed(stackNameOf(workspace.workspace)) ? text : declaredHash(declared);
}
