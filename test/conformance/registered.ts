import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { connectors } from '../../lib/connectors/registry.ts';
import type { Scenario } from './scenario.ts';

/** Whether a connector has told the suite about its tool. */
export function hasScenario(id: string): boolean {
  return existsSync(scenarioFile(id));
}

/** The scenario of every registered connector that has one. */
export async function registeredScenarios(): Promise<readonly Scenario[]> {
  return Promise.all(Object.keys(connectors).filter(hasScenario).map(loadScenario));
}

/** test/vendors/<id>/scenario.ts exports `<id>Scenario`, in camel case. */
export async function loadScenario(id: string): Promise<Scenario> {
  const module: Record<string, unknown> = await import(/* @vite-ignore */ scenarioFile(id));
  const name = `${id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}Scenario`;
  const scenario = module[name];
  if (typeof scenario !== 'object' || scenario === null) {
    throw new Error(`test/vendors/${id}/scenario.ts does not export ${name}`);
  }
  return scenario as Scenario;
}

function scenarioFile(id: string): string {
  return fileURLToPath(new URL(`../vendors/${id}/scenario.ts`, import.meta.url));
}
