import type { SegmentTexts } from '../domain/segment-text.ts';
import type { Connectors } from './connections.ts';

/** Reads and writes the text of segments; the parser of YAML is loaded by the first who asks. */
export function openSegmentTexts(connectors: Connectors): SegmentTexts {
  const opened = async () => (await import('./edited-segment.ts')).readerOfSegments(connectors);
  return {
    read: async (segment, text, published) => (await opened()).read(segment, text, published),
    write: async (definition) => (await opened()).write(definition),
  };
}
