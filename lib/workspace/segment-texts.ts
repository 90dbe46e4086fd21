import type { Definitions } from '../domain/definitions.ts';
import type { JsonObject } from '../domain/json.ts';
import type { SegmentDefinition } from '../domain/segment.ts';
import type { Connectors } from './connections.ts';

/** Reads and writes the text of segments; the parser of YAML is loaded by the first who asks. */
export function openSegmentTexts(connectors: Connectors) {
  const opened = async () => (await import('./edited-segment.ts')).readerOfSegments(connectors);
  return {
    read: async (segment: string, text: string, published: Definitions) =>
      (await opened()).read(segment, text, published),
    write: async (definition: SegmentDefinition | JsonObject) => (await opened()).write(definition),
  };
}
