import { audienceRoadChecks } from './check-audience-road.ts';
import { audienceChecks } from './check-audiences.ts';
import { callChecks } from './check-calls.ts';
import { erasureChecks } from './check-erasure.ts';
import { eventChecks } from './check-events.ts';
import { fieldChecks } from './check-fields.ts';
import { importChecks } from './check-imports.ts';
import { settingsChecks } from './check-settings.ts';
import { streamChecks } from './check-streams.ts';
import { troubleChecks } from './check-troubles.ts';
import { webhookChecks } from './check-webhook.ts';
import type { Check } from './rig.ts';
import type { Scenario } from './scenario.ts';

/** The behaviour that the suite proves over real HTTP, by area. What a scenario leaves out the connector must leave out. */
export function behaviourChecks(scenario: Scenario): ReadonlyMap<string, readonly Check[]> {
  const { connector } = scenario;
  const areas = new Map([['settings', settingsChecks(scenario)]]);
  if (connector.manifest.signsIn !== false) areas.set('calls', callChecks(scenario));
  for (const name of streamsOf(scenario)) areas.set(`stream ${name}`, streamChecks(scenario, name));
  if (scenario.webhook !== undefined) areas.set('webhook', webhookChecks(scenario, scenario.webhook));
  else if (connector.webhook !== undefined) areas.set('webhook', [missing('webhook')]);
  if (scenario.audience !== undefined) {
    areas.set('audience', audienceChecks(scenario, scenario.audience, connector.audiences));
  } else if (connector.audiences !== undefined) areas.set('audience', [missing('audience')]);
  if (scenario.field !== undefined) areas.set('field', fieldChecks(scenario, scenario.field));
  else if (connector.fieldValues !== undefined) areas.set('field', [missing('field')]);
  if (scenario.events !== undefined) areas.set('events', eventChecks(scenario, scenario.events));
  else if (connector.events !== undefined) areas.set('events', [missing('events')]);
  if (scenario.imports !== undefined) areas.set('imports', importChecks(scenario, scenario.imports));
  else if (connector.imports !== undefined) areas.set('imports', [missing('imports')]);
  if (scenario.erasure !== undefined) areas.set('erasure', erasureChecks(scenario, scenario.erasure));
  else if (connector.erasure !== undefined) areas.set('erasure', [missing('erasure')]);
  return areas;
}

/** How it reads and pushes where answers are lost on the way. Longer than all the rest, so in a file of its own. */
export function roadChecks(scenario: Scenario): ReadonlyMap<string, readonly Check[]> {
  const { connector, audience } = scenario;
  const areas = new Map<string, readonly Check[]>();
  for (const name of streamsOf(scenario)) areas.set(`stream ${name} on a bad road`, troubleChecks(scenario, name));
  if (audience !== undefined && connector.audiences !== undefined) {
    areas.set('audience on a bad road', audienceRoadChecks(scenario, audience, connector.audiences));
  }
  return areas;
}

function streamsOf({ connector, streams }: Scenario): ReadonlySet<string> {
  return new Set([...connector.streams.map(({ name }) => name), ...Object.keys(streams)]);
}

function missing(facet: string): Check {
  return {
    name: `is described by the scenario`,
    run: () => Promise.reject(new Error(`the connector has a ${facet} and its scenario does not describe it`)),
  };
}
