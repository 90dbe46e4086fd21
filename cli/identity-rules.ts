import type { IdentityRules } from '../lib/domain/definitions.ts';
import { buildDefinitions } from '../lib/workspace/definitions.ts';
import { tributaryFile } from '../lib/workspace/schema/tributary.ts';

/** The identity rules of a workspace that says nothing about identity. */
export function defaultIdentityRules(): IdentityRules {
  const tributary = tributaryFile.parse({ workspace: 'default', timezone: 'UTC' });
  return buildDefinitions({ tributary, segments: [], personas: [], audiences: [] }, {}).identity;
}
