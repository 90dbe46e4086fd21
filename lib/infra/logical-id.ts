import { CfnElement } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Gives a resource the id it keeps in the template for ever, wherever its construct moves. Changing an id makes
 * CloudFormation replace the resource, so it is a breaking change; test/infra/frozen-ids.test.ts holds the list.
 */
export function freezeId(construct: IConstruct, id: string): void {
  const element = CfnElement.isCfnElement(construct) ? construct : construct.node.defaultChild;
  if (element === undefined || !CfnElement.isCfnElement(element)) {
    throw new TypeError(`${construct.node.path} has no resource of its own to name ${id}`);
  }
  element.overrideLogicalId(id);
}

/** `sync-stream` as a part of a logical id: `SyncStream`. */
export function idPart(name: string): string {
  const words = name.split(/[^a-zA-Z0-9]+/);
  return words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}
