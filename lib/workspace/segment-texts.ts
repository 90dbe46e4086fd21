import { loadConnectorsOf, type Registry } from '../connectors/define.ts';
import type { Definitions } from '../domain/definitions.ts';
import type { JsonObject } from '../domain/json.ts';
import type { SegmentDefinition } from '../domain/segment.ts';
import type { RegionsFor } from './check.ts';

/** Reads and writes the text of segments; the parser of YAML is loaded by the first who asks. */
export function openSegmentTexts(registry: Registry, regionsFor: RegionsFor) {
  const opened = async () => import('./edited-segment.ts');
  return {
    read: async (segment: string, text: string, published: Definitions) =>
      (await opened()).readEdited(segment, text, published, {
        connectors: await loadConnectorsOf(registry, published),
        regionsFor,
      }),
    write: async (definition: SegmentDefinition | JsonObject) => (await opened()).writeEdited(definition),
  };
}
