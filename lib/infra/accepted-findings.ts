import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** A finding of cdk-nag that we accept. `appliesTo` narrows it to one finding of the rule. */
export interface AcceptedFinding {
  readonly id: string;
  readonly reason: string;
  readonly appliesTo?: readonly string[];
}

/**
 * Accepts findings on one resource, with the reason in the template's metadata where a reviewer reads it.
 * Written in the format that cdk-nag documents for templates, so that the stack does not have to load cdk-nag.
 */
export function acceptFindings(construct: IConstruct, findings: readonly AcceptedFinding[]): void {
  const resource = construct instanceof CfnResource ? construct : construct.node.defaultChild;
  if (!(resource instanceof CfnResource)) throw new TypeError(`${construct.node.path} has no resource of its own`);
  const rules = findings.map(({ id, reason, appliesTo }) => ({
    id,
    reason,
    ...(appliesTo === undefined ? {} : { applies_to: appliesTo }),
  }));
  resource.addMetadata('cdk_nag', { rules_to_suppress: rules });
}
