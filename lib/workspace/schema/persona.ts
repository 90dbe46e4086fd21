import { z } from 'zod';
import { id, text } from './fields.ts';

const fact = z.union([text, z.number(), z.boolean(), z.array(z.union([text, z.number()])).min(1)], {
  error: 'a text, a number, true, false, or a list of texts and numbers',
});
const facts = z.record(text, fact);
const sentences = z.array(text);

/** personas/<id>.yaml: whom a segment means, what moves them, and what there is to say to them. */
export const personaFile = z.strictObject({
  persona: id.meta({ description: 'The name of the file without .yaml.' }),
  title: text.optional(),
  who: z
    .strictObject({
      title: text.optional().meta({ description: 'Their role, such as "Head of procurement".' }),
      demographics: facts.optional(),
      geographics: facts.optional(),
      firmographics: facts.optional(),
      behaviours: facts.optional(),
    })
    .optional(),
  frustrations: sentences.optional(),
  motivations: sentences.optional(),
  success_metrics: sentences.optional(),
  value_proposition: text.optional(),
  messages: z.record(text, text).optional().meta({ description: 'Channel, and what is said on it.' }),
  priority: z.int().min(1).max(100).optional().meta({ description: '1 is first.' }),
});
