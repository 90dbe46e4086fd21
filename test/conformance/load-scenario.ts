import { fileURLToPath } from 'node:url';
import type { Scenario } from './scenario.ts';

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

export function scenarioFile(id: string): string {
  return fileURLToPath(new URL(`../vendors/${id}/scenario.ts`, import.meta.url));
}
