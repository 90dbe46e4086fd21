import { z } from 'zod';

const column = z.string().min(1, 'expected the name of a column');
const columns = z
  .union([column, z.array(column).min(1)], { error: 'expected the name of a column, or a list of names' })
  .transform((told) => (typeof told === 'string' ? [told] : told));
const name = z.string().regex(/^[a-z][a-z0-9_.-]{0,60}$/, 'expected a lower-case name such as email or crm.contact_id');
const plain = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'expected a text, a number, true, false or null',
});
const values = z.array(plain).min(1);

const rule = z.union(
  [
    column,
    z.strictObject({
      from: column,
      as: z.enum(['string', 'number', 'boolean', 'instant']).optional(),
      empty_is_null: z.boolean().optional(),
    }),
    z.strictObject({ literal: plain }),
  ],
  { error: 'expected the name of a column, { from, as, empty_is_null } or { literal }' },
);
const rules = z.record(z.string().min(1), rule);

const consent = z.strictObject({
  topic: name,
  from: column,
  address: column,
  granted: values,
  denied: values.default([]),
  by: z.enum(['person', 'company']).default('company'),
  source: z.string().min(1).optional(),
  at: column.optional(),
});

const activity = z.strictObject({
  id: columns.optional(),
  name: z.union([z.string().min(1), z.strictObject({ from: column, names: z.record(z.string(), z.string().min(1)) })], {
    error: 'expected a name, or { from, names }',
  }),
  properties: rules.optional(),
});

/** What the rows of a file mean: lib/domain/mapping.ts in the words of a workspace, with names of columns as paths. */
export const mappingFile = z.strictObject({
  version: z.int().min(1).default(1),
  object: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,40}$/, 'expected what a row is, such as contact')
    .default('row'),
  subject: z.enum(['person', 'account']).default('person'),
  by: z.literal('person').optional(),
  id: columns.optional(),
  time: columns.optional(),
  identifiers: z.record(name, column).default({}),
  traits: rules.default({}),
  consent: z.array(consent).default([]),
  account: z.strictObject({ from: column, object: z.string().min(1).default('account') }).optional(),
  activity: activity.optional(),
  gone: z.strictObject({ from: column, is: values }).optional(),
});

/** What an operator says about a connection that takes files, in tributary.yaml. */
export const config = z.strictObject({
  mapping: mappingFile.check((payload) => {
    const { id, identifiers, subject } = payload.value;
    if (id !== undefined || (subject === 'person' && Object.keys(identifiers).length > 0)) return;
    const message = 'expected id, or identifiers of a person: something must tell one row from another';
    payload.issues.push({ code: 'custom', input: payload.value, message });
  }),
});

/** There is nothing to sign in to. */
export const secret = z.strictObject({});

export type Config = z.infer<typeof config>;
export type MappingFile = z.infer<typeof mappingFile>;
/** A mapping as it is written. */
export type WrittenMapping = z.input<typeof mappingFile>;
