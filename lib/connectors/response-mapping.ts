import { type OpenMapping, openMapping } from './map-written.ts';
import type { ReadMapping } from './written-mapping.ts';

/** Each response to a form or a survey is a record of its own: fragments are `<connection>:response:<id>`. */
export const RESPONSE = 'response';

/** Where id and time of a response stand, as the tool tells them. */
export interface ResponseShape {
  readonly id: readonly string[];
  readonly at: readonly string[];
}

/** The workspace's mapping with what is known of the tool. Whatever it says, it is the person's own word. */
export function openResponses(mapping: ReadMapping, shape: ResponseShape): OpenMapping {
  const { id = shape.id, at = shape.at, activity } = mapping;
  const done = { id: activity?.id ?? id, name: activity?.name ?? 'Form Submitted', properties: activity?.properties };
  return openMapping(
    { ...mapping, id: [...id], at: [...at], by: 'person', activity: { ...done, id: [...done.id] } },
    RESPONSE,
  );
}

/** Of every response, so that nobody writes it: what else a mapping may hold, and what it is anyway. */
const fixed: Readonly<Record<'object' | 'subject' | 'gone', readonly unknown[]>> = {
  object: [undefined],
  subject: ['person'],
  gone: [undefined],
};

/** Keys of a mapping of responses that say otherwise, each with what was expected. */
export function refusedOfResponses(mapping: ReadMapping): readonly (readonly [key: string, expected: string])[] {
  return Object.entries(fixed)
    .filter(([key, is]) => key in mapping && !is.includes(mapping[key as keyof typeof fixed]))
    .map(([key]) => [key, `expected no ${key}: a response is what a person said, and stays`]);
}
