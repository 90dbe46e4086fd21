import { deflateRawSync } from 'node:zlib';
import { canonicalText } from '../domain/canonical.ts';
import { declaredHash, declaredIn } from '../domain/declared.ts';
import type { WorkspaceForSynthesis } from './workspace-for-synthesis.ts';

// All variables of a function together may have 4 KB (AWS Lambda quotas); the others take less than half of it.
const MOST_LETTERS = 2_000;

/**
 * What a template is synthesised from, for a variable: `plan` compares it with a workspace, and `apply` refuses while they
 * differ. Some hundred schedules fit in full; of more only the hash is told.
 */
export function deployedText(workspace: WorkspaceForSynthesis): string {
  const declared = declaredIn(workspace);
  const text = deflateRawSync(canonicalText(declared), { level: 9 }).toString('base64');
  return text.length <= MOST_LETTERS ? text : declaredHash(declared);
}
