import * as z from 'zod';

const path = z.string().min(1, 'expected a path such as answers.email, or the name of a column');
const paths = z
  .union([path, z.array(path).min(1)], { error: 'expected a path such as answers.email, or a list of them' })
  .transform((told) => (typeof told === 'string' ? [told] : told));
const name = z.string().regex(/^[a-z][a-z0-9_.-]{0,60}$/, 'expected a lower-case name such as email or crm.contact_id');
const object = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, 'expected what a record is, such as contact');
const plain = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'expected a text, a number, true, false or null',
});
const values = z.array(plain).min(1);

const rule = z.union(
  [
    path,
    z.strictObject({
      from: path,
      as: z.enum(['string', 'number', 'boolean', 'instant']).optional(),
      empty_is_null: z.boolean().optional(),
    }),
    z.strictObject({ literal: plain }),
  ],
  { error: 'expected a path, { from, as, empty_is_null } or { literal }' },
);
const rules = z.record(z.string().min(1), rule);

const consent = z.strictObject({
  topic: name,
  from: path,
  address: path,
  granted: values,
  denied: values.default([]),
  by: z.enum(['person', 'company']).optional(),
  source: z.string().min(1).optional(),
  at: path.optional(),
});

const activity = z.strictObject({
  id: paths.optional(),
  name: z
    .union([z.string().min(1), z.strictObject({ from: path, names: z.record(z.string(), z.string().min(1)) })], {
      error: 'expected a name, or { from, names }',
    })
    .optional(),
  properties: rules.optional(),
});

/**
 * What records mean, as a workspace writes it: lib/domain/mapping.ts in YAML, for every connector whose records have no
 * meaning of their own (docs/workspace.md, "Mappings"). A connector may fix parts of it, and refuses those.
 */
export const writtenMapping = z.strictObject({
  version: z.int().min(1).default(1),
  object: object.optional(),
  subject: z.enum(['person', 'account']).default('person'),
  by: z.literal('person').optional(),
  id: paths.optional(),
  at: paths.optional(),
  identifiers: z.record(name, paths).default({}),
  traits: rules.default({}),
  consent: z.array(consent).default([]),
  account: z.strictObject({ from: path, object: object.default('account') }).optional(),
  activity: activity.optional(),
  gone: z.strictObject({ from: path, is: values }).optional(),
});

/** A mapping as it is written, and as it is read. */
export type WrittenMapping = z.input<typeof writtenMapping>;
export type ReadMapping = z.infer<typeof writtenMapping>;
