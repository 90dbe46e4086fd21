import { isJsonObject, type Json } from '../domain/json.ts';
import { type Role, roles } from '../domain/role.ts';

/** Whoever asks: what they may do, and by which name it is written down. */
export interface Caller {
  /** Undefined: nothing. */
  readonly role: Role | undefined;
  /** Undefined: nobody in person; who signs for IAM or bears the stage's token may say by whom something is done. */
  readonly by: string | undefined;
  /** The ARN of who signed for IAM; the stage has one for who bears its token. */
  readonly signer: string | undefined;
}

const NOBODY: Caller = { role: undefined, by: undefined, signer: undefined };

/** The name that a deed is written down under where the caller names nobody else. */
export function nameOf({ by, signer }: Caller): string {
  return by ?? signer ?? 'nobody';
}

/**
 * Whoever asks, as `requestContext` of payload format 2.0 tells it after an authorizer let them in ("Create AWS Lambda
 * proxy integrations for HTTP APIs" in the API Gateway developer guide). Who signs for IAM may do everything: what is
 * allowed to them is IAM's to say. A person may do what the highest of their groups may. Whoever came by no authorizer
 * may do nothing.
 */
export function callerOf(requestContext: Json | undefined): Caller {
  const authorizer = isJsonObject(requestContext) ? requestContext.authorizer : undefined;
  if (!isJsonObject(authorizer)) return NOBODY;
  if (isJsonObject(authorizer.iam)) {
    const { userArn } = authorizer.iam;
    return { role: 'approver', by: undefined, signer: typeof userArn === 'string' ? userArn : 'unknown to IAM' };
  }
  const claims = isJsonObject(authorizer.jwt) ? authorizer.jwt.claims : undefined;
  // An identity token tells a page who somebody is; only an access token is made to ask an API.
  if (!isJsonObject(claims) || claims.token_use !== 'access' || typeof claims.username !== 'string') return NOBODY;
  const groups = groupsIn(claims['cognito:groups']);
  return { role: roles.findLast((role) => groups.includes(role)), by: claims.username, signer: undefined };
}

/** The gateway writes a list in a claim as `[viewer editor]`, as one text. */
function groupsIn(claim: Json | undefined): readonly string[] {
  return typeof claim === 'string' ? claim.replace(/^\[(.*)\]$/, '$1').split(/[\s,]+/) : [];
}
