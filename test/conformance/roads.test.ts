import { roadChecks } from './behaviour.ts';
import { describeChecks } from './describe-connector.ts';
import { registeredScenarios } from './registered.ts';

// A file of its own beside connectors.test.ts: together they would be one of the longest, and nothing could run beside its end.
for (const scenario of await registeredScenarios()) {
  const roads = roadChecks(scenario);
  if (roads.size > 0) describeChecks(scenario, roads);
}
