import { CfnResource, Lazy, type Stack } from 'aws-cdk-lib';
import type { Inventory } from '../domain/cost/cost.ts';

const types: Readonly<Record<keyof Inventory, string>> = {
  secrets: 'AWS::SecretsManager::Secret',
  alarms: 'AWS::CloudWatch::Alarm',
  dashboards: 'AWS::CloudWatch::Dashboard',
  polledQueues: 'AWS::Lambda::EventSourceMapping',
};

/** What of a stack is paid for by the month, for a variable: counted when all of it is there. */
export function inventoryOf(stack: Stack): string {
  return Lazy.string({
    produce: () => {
      const found = stack.node.findAll().filter((one) => CfnResource.isCfnResource(one));
      const many = (type: string): number => found.filter(({ cfnResourceType }) => cfnResourceType === type).length;
      const counted = Object.entries(types).map(([what, type]) => [what, many(type)]);
      return JSON.stringify(Object.fromEntries(counted));
    },
  });
}
