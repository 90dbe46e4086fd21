import * as z from 'zod';
import { id, text } from './fields.ts';

const fact = z.union([text, z.number(), z.boolean(), z.array(z.union([text, z.number()])).min(1)], {
  error: 'a text, a number, true, false, or a list of texts and numbers',
});
const facts = z.record(text, fact);
const sentences = z.array(text);

const link = z
  .url({ protocol: /^https?$/, error: 'an address on the web, such as "https://example.com/prices"' })
  .meta({ description: 'Where it leads, or where the content is kept.' });

/** What is said on a channel: the words alone, or with what they lead to. */
const message = z.union(
  [
    text,
    z.strictObject({
      text,
      link: link.optional(),
      links: z
        .array(z.strictObject({ title: text, link }))
        .min(1)
        .optional(),
    }),
  ],
  { error: 'a text, or { text, link } or { text, links: [{ title, link }] } with addresses on the web' },
);

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
  challenges: sentences.optional(),
  motivations: sentences.optional(),
  goals: sentences.optional(),
  success_metrics: sentences.optional(),
  value_proposition: text.optional(),
  key_messages: sentences.optional(),
  messages: z.record(text, message).optional().meta({
    description: 'Channel (web, email, social, sms, ads or one of your own), and what is said on it.',
  }),
  priority: z.int().min(1).max(100).optional().meta({ description: '1 is first.' }),
});
