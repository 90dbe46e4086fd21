import * as z from 'zod';

/** Shapes that have a name in the OpenAPI document: parts of answers say theirs here, answers are added by theirs. */
export const described = z.registry<{
  readonly id?: string;
  readonly description?: string;
  readonly examples?: unknown[];
}>();

/** What is said instead of an answer. */
export const problemSchema = z.object({ code: z.string(), message: z.string() }).register(described, {
  id: 'Problem',
  examples: [{ code: 'api/no-such-person', message: 'nobody is known by that' }],
});

/** Described where it is made: an object of any fields. */
export const loose = z.record(z.string(), z.unknown());
