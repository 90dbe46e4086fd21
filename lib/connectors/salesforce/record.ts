import * as z from 'zod';
import type { JsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { Schema } from '../contract.ts';
import { fullId } from './ids.ts';

/** A Salesforce record id; given on in its 18-character form. */
export const recordId = z.string().transform((id, context) => {
  const full = fullId(id);
  if (full !== undefined) return full;
  context.addIssue('expected a Salesforce id whose check characters fit');
  return z.NEVER;
});

const text = z.string().nullish();

/** What every person's and company's record must be to be usable; fields that we do not name pass as they are. */
export const personRecord: Schema<JsonObject> = z.looseObject({
  Id: recordId,
  SystemModstamp: z.string(),
  IsDeleted: z.boolean().optional(),
  Email: text,
  FirstName: text,
  LastName: text,
  HasOptedOutOfEmail: z.boolean().nullish(),
  AccountId: recordId.nullish(),
  ConvertedContactId: recordId.nullish(),
  ConvertedAccountId: recordId.nullish(),
}) as unknown as Schema<JsonObject>;

export const accountRecord: Schema<JsonObject> = z.looseObject({
  Id: recordId,
  SystemModstamp: z.string(),
  IsDeleted: z.boolean().optional(),
  Name: text,
}) as unknown as Schema<JsonObject>;

/** What contacts and leads say of consent. */
export const optedOut: NonNullable<Mapping['consent']> = [
  {
    topic: 'email',
    from: 'HasOptedOutOfEmail',
    address: 'Email',
    // An unticked box is no permission: it only says that nobody has ticked it.
    granted: [],
    denied: [true],
    by: 'company',
    source: 'HasOptedOutOfEmail',
  },
];

/** The traits that contacts and leads name alike. */
export const personTraits: NonNullable<Mapping['traits']> = {
  first_name: { from: 'FirstName', as: 'string' },
  last_name: { from: 'LastName', as: 'string' },
  email: { from: 'Email', as: 'string' },
  // The trait that the phone identifier follows: emptied, it takes the identifier with it.
  phone: { from: 'MobilePhone', as: 'string' },
  work_phone: { from: 'Phone', as: 'string' },
  title: { from: 'Title', as: 'string' },
};
