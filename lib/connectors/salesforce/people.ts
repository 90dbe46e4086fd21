import type { Change } from '../../domain/change.ts';
import { type Mapping, pathsRead } from '../../domain/mapping.ts';
import type { Stream } from '../contract.ts';
import type { SalesforceApi } from './client.ts';
import { objectStream } from './object-stream.ts';
import { optedOut, personRecord, personTraits } from './record.ts';
import { always } from './source.ts';

/** What contacts and leads do not have in common. */
interface People {
  readonly name: string;
  readonly object: 'Contact' | 'Lead';
  /** The ids of Salesforce that tell who somebody is. */
  readonly ids: NonNullable<Mapping['identifiers']>;
  /** The field that names the account somebody belongs to. */
  readonly account: string;
  /** What the fields of the address begin with. MailingAddress would hold it all, but the bulk API refuses compound fields. */
  readonly address: 'Mailing' | '';
  readonly traits: NonNullable<Mapping['traits']>;
  /** Fields that are archived with the record, though the mapping does not read them. */
  readonly also: readonly string[];
}

/** A stream of people: contacts and leads are read alike, and a workspace's fields mean the same of both. */
export function peopleStream({ name, object, ids, account, address, traits, also }: People): Stream<SalesforceApi> {
  const kind = object === 'Contact' ? 'contact' : 'lead';
  const mapping: Mapping = {
    version: 1,
    object: kind,
    subject: 'person',
    id: ['Id'],
    at: ['SystemModstamp'],
    gone: { from: 'IsDeleted', is: [true] },
    identifiers: [
      ...ids,
      { type: 'email', from: 'Email' },
      // Phone is often a switchboard that a whole company shares; only the mobile number tells who somebody is.
      { type: 'phone', from: 'MobilePhone' },
    ],
    account: { from: account, object: 'account' },
    consent: optedOut,
    traits: {
      ...personTraits,
      ...traits,
      'address.street': { from: `${address}Street`, as: 'string' },
      'address.city': { from: `${address}City`, as: 'string' },
      'address.region': { from: `${address}State`, as: 'string' },
      'address.postal_code': { from: `${address}PostalCode`, as: 'string' },
      'address.country': { from: `${address}Country`, as: 'string' },
    },
  };
  return objectStream({
    name,
    record: personRecord,
    sources: [{ object, fields: [...pathsRead(mapping), ...also], mappingsOf: always(kind) }],
    mappings: { [kind]: mapping },
    gone: (connection, id, at): Change => ({ kind: 'gone', fragment: `${connection}:${kind}:${id}`, at }),
  });
}
