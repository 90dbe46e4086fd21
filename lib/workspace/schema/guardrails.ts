import * as z from 'zod';
import type { Guardrails } from '../../domain/definitions.ts';
import { share } from './fields.ts';

const count = z.int().min(0);

/** What one push may do by itself: in tributary.yaml for all audiences, in an audience's file for that one. */
export const guardrailFields = {
  max_add: share.meta({ description: "Most additions in a day without an approval, of the list's size." }),
  max_remove: share.meta({ description: "Most removals in a day without an approval, of the list's size." }),
  max_add_count: count.optional().meta({ description: 'The same as a number of people.' }),
  max_remove_count: count.optional().meta({ description: 'The same as a number of people.' }),
  small_change: count.optional().meta({ description: 'So many changes are never held for their share. Default 10.' }),
  min_source: share.meta({ description: 'Least people that a source may have, of what it had before.' }),
  first_run: z.enum(['hold', 'into-empty', 'allow']).optional().meta({
    description: 'Whether the first push may go by itself: never, into an empty list (default), always.',
  }),
  empty_segment: z
    .enum(['hold', 'allow'])
    .optional()
    .meta({ description: 'Whether a push may take everybody off a list. Default hold.' }),
  max_opt_outs: count.optional().meta({
    description: 'Most additions of people who opted out in the tool, or removals that unsubscribe. Default 0.',
  }),
};

const strict = z.strictObject(guardrailFields).partial();

/** Guardrails as definitions hold them; what is not written is left out. */
export function guardrailsFrom(written: z.output<typeof strict>): Partial<Guardrails> {
  const read = {
    maxAdd: written.max_add,
    maxRemove: written.max_remove,
    maxAddCount: written.max_add_count,
    maxRemoveCount: written.max_remove_count,
    smallChange: written.small_change,
    minSource: written.min_source,
    firstRun: written.first_run,
    emptySegment: written.empty_segment,
    maxOptOuts: written.max_opt_outs,
  };
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}
