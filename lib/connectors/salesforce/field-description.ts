import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import type { SalesforceApi } from './client.ts';

/** What a description says of each field, as far as writing and finding it takes it (REST API guide, sObject Describe). */
const description = z.object({
  fields: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      updateable: z.boolean().default(true),
      filterable: z.boolean().default(true),
      length: z.number().default(0),
      restrictedPicklist: z.boolean().default(false),
      picklistValues: z.array(z.object({ value: z.string(), active: z.boolean() })).default([]),
    }),
  ),
});

type Field = z.infer<typeof description>['fields'][number];

const TEXTS: ReadonlySet<string> = new Set(['string', 'picklist', 'combobox', 'url', 'phone']);
const NUMBERS: ReadonlySet<string> = new Set(['int', 'long', 'double', 'currency', 'percent']);

interface Wanted {
  readonly field: string;
  readonly value: string | number | boolean;
  /** Another field, by which people are to be found. */
  readonly searched: string | undefined;
}

/** Whether a field is there for our user, may be written, can hold the value and be asked for. Throws `config` else. */
export async function checkField(
  api: SalesforceApi,
  object: string,
  { field, value, searched }: Wanted,
): Promise<void> {
  const parsed = description.safeParse(await api.get(`/sobjects/${object}/describe`));
  if (!parsed.success) {
    const says = `Salesforce described ${object} in an unknown form`;
    throw new TributaryError('transient', 'salesforce/unreadable-answer', says);
  }
  const { fields } = parsed.data;
  const wrong = problemOf(findIn(fields, object, field), value);
  if (wrong !== undefined) {
    throw new TributaryError(
      'config',
      'salesforce/field-not-writable',
      `the field ${object}.${field} ${wrong.is}; expected ${wrong.expected}`,
    );
  }
  if (searched !== undefined && !findIn(fields, object, searched).filterable) {
    throw new TributaryError(
      'config',
      'salesforce/field-not-writable',
      `the field ${object}.${searched} cannot be searched; expected an external id`,
    );
  }
}

function findIn(fields: readonly Field[], object: string, name: string): Field {
  const found = fields.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  throw new TributaryError(
    'config',
    'salesforce/unknown-field',
    `${object} has no field ${name} that our user can see; make it in Setup → Object Manager and give our user the right to edit it, or correct the audience`,
  );
}

function problemOf(
  field: Field,
  value: Wanted['value'],
): { readonly is: string; readonly expected: string } | undefined {
  const { type, updateable, filterable, length, restrictedPicklist, picklistValues } = field;
  if (!updateable) return { is: 'is read-only for our user', expected: 'a field that it may edit' };
  if (!filterable) return { is: 'cannot be searched', expected: 'a field whose holders can be listed' };
  if (type === 'boolean') return value === true ? undefined : { is: 'is a tick', expected: 'the value true' };
  if (NUMBERS.has(type)) {
    return typeof value === 'number' ? undefined : { is: 'is a number', expected: 'a value that is a number' };
  }
  if (!TEXTS.has(type)) return { is: `is of type ${type}`, expected: 'a text, a choice, a number or a tick' };
  if (typeof value !== 'string') return { is: 'is a text', expected: 'a value that is a text, in quotes if need be' };
  if (length > 0 && value.length > length) {
    return { is: `holds ${length} characters`, expected: 'a shorter value' };
  }
  const chosen = picklistValues.some((one) => one.active && one.value === value);
  return restrictedPicklist && !chosen
    ? { is: 'has no such value', expected: 'one of the active values of its picklist' }
    : undefined;
}
