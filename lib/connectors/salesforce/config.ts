import * as z from 'zod';
import { fullId } from './ids.ts';

const fieldName = z
  .string()
  .regex(/^(?:(?:Contact|Lead|Account)\.)?[A-Za-z]\w*$/, 'expected a field such as Tier__c or Contact.Tier__c');

/** What an operator may set for a Salesforce connection in tributary.yaml. */
export const salesforceConfig = z.strictObject({
  api_version: z
    .string()
    .regex(/^\d{2,3}\.0$/, 'expected a version such as "60.0"')
    .default('60.0'),
  /** How far each run reads back before the last one's end, for transactions that commit later than their stamp. */
  lookback_minutes: z.number().int().min(1).max(1440).default(10),
  /** Status of the campaign members that an audience adds; the campaign must know it. */
  member_status: z.string().min(1).max(40).default('Sent'),
  /** Outbound messages of any other org are refused. */
  organization_id: z
    .string()
    .refine((id) => fullId(id) !== undefined, 'expected the 15 or 18 characters of an organization id')
    .optional(),
  /** What opportunities count in where the org has one currency: Salesforce tells it of records only where it has several. */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'expected a currency as three letters, e.g. EUR')
    .optional(),
  /** Traits from custom fields: `lifecycle_stage: Stage__c` (contacts and leads) or `Lead.Stage__c` (only there). */
  fields: z
    .record(
      z.string().regex(/^[a-z0-9_]+(?:\.[a-z0-9_]+)*$/, 'expected a trait name'),
      z.union([fieldName, z.array(fieldName)]),
    )
    .default({}),
});

export type SalesforceConfig = z.infer<typeof salesforceConfig>;

/** Either `client_secret` (client credentials flow) or `private_key` and `username` (JWT bearer flow). */
export const salesforceSecret = z
  .strictObject({
    client_id: z.string('expected the consumer key of the external client app').min(1),
    /** The org's My Domain, `https://acme.my.salesforce.com`. Not needed where the connection has an endpoint. */
    login_url: z.url('expected the URL of the org').optional(),
    client_secret: z.string().min(1).optional(),
    private_key: z.string().min(1).optional(),
    username: z.string().min(1).optional(),
    audience: z.url().optional(),
    /** The secret part of the URL that outbound messages are sent to. */
    webhook_secret: z.string().min(16, 'expected at least 16 characters').optional(),
  })
  .refine(
    (secret) =>
      secret.client_secret !== undefined || (secret.private_key !== undefined && secret.username !== undefined),
    'expected client_secret, or private_key together with username',
  );

export type SalesforceSecret = z.infer<typeof salesforceSecret>;
