import { runSimulation } from '@cloud-copilot/iam-simulate';
import { TributaryError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { stageAccount } from '../engines/resource-names.ts';
import type { Need } from './operations.ts';
import type { Policies, Role } from './roles.ts';

/** Decides as IAM would, from the policies of a template. */
export interface Authoriser {
  /** True when the role may do it. `principal` is the session's ARN. Decisions are remembered. */
  readonly allows: (principal: string, role: Role, need: Need) => Promise<boolean>;
  /** True when the policy lets an AWS service do it; for trust policies and permissions of functions. */
  readonly lets: (
    service: string,
    policy: JsonObject,
    need: Need,
    context?: Record<string, string>,
  ) => Promise<boolean>;
}

// Object keys are resources too, so the memory of decisions must end somewhere.
const mostDecisions = 50_000;

/** Opens an authoriser. `allows` throws `stage/bad-policy` when a policy cannot be read. */
export function openAuthoriser(policies: Policies): Authoriser {
  const decisions = new Map<string, Promise<boolean>>();
  const decide = (principal: string, role: Role, need: Need) =>
    simulate({
      principal,
      need,
      identityPolicies: role.policies,
      resourcePolicy: policies.byResource.get(owner(need.resource)),
      context: { 'aws:SecureTransport': 'true', 'aws:PrincipalArn': role.arn, 'aws:PrincipalAccount': stageAccount },
    });
  return {
    allows: (principal, role, need) => {
      const key = `${principal} ${need.action} ${need.resource}`;
      const known = decisions.get(key);
      if (known !== undefined) return known;
      if (decisions.size >= mostDecisions) decisions.clear();
      const decision = decide(principal, role, need);
      decisions.set(key, decision);
      return decision;
    },
    lets: (service, policy, need, context = {}) =>
      simulate({ principal: service, need, identityPolicies: [], resourcePolicy: policy, context }),
  };
}

interface Question {
  readonly principal: string;
  readonly need: Need;
  readonly identityPolicies: Role['policies'];
  readonly resourcePolicy: JsonObject | undefined;
  readonly context: Record<string, string>;
}

async function simulate(question: Question): Promise<boolean> {
  const { principal, need, identityPolicies, resourcePolicy, context } = question;
  const answer = await runSimulation(
    {
      request: {
        principal,
        action: need.action,
        resource: { resource: need.resource, accountId: stageAccount },
        contextVariables: context,
      },
      identityPolicies: identityPolicies.map(({ name, policy }) => ({ name, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resourcePolicy === undefined ? {} : { resourcePolicy }),
    },
    {},
  );
  if (answer.resultType !== 'error') return answer.overallResult === 'Allowed';
  throw new TributaryError(
    'config',
    'stage/bad-policy',
    `cannot decide ${need.action} on ${need.resource}: ${answer.errors.message}`,
  );
}

function owner(arn: string): string {
  // An object is protected by its bucket's policy.
  return arn.startsWith('arn:aws:s3:::') ? (arn.split('/')[0] ?? arn) : arn;
}
