import { ApiError } from './api-error.ts';

export type FieldType =
  | 'id'
  | 'reference'
  | 'string'
  | 'email'
  | 'boolean'
  | 'picklist'
  | 'int'
  | 'double'
  | 'currency'
  | 'date'
  | 'datetime'
  | 'address';

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly rules?: FieldRules;
}

/** What else an administrator may say of a field. One without rules may be written and searched. */
export interface FieldRules {
  /** Most characters of a text. */
  readonly length?: number;
  /** The only values of a picklist that is restricted. */
  readonly values?: readonly string[];
  readonly readOnly?: true;
  readonly hardToFind?: true;
}

/** One simulated object. Names are found without regard to case, as in Salesforce. */
export interface ObjectSchema {
  readonly name: string;
  readonly prefix: string;
  readonly fields: Map<string, Field>;
  /** Relation name to the field that holds the id: `account` → `AccountId`. */
  readonly parents: ReadonlyMap<string, string>;
  readonly required: readonly string[];
  /** Fields that a look-up by equality need not scan for. */
  readonly indexed: readonly string[];
}

export type Schemas = ReadonlyMap<string, ObjectSchema>;

const SYSTEM = 'Id:id IsDeleted:boolean CreatedDate:datetime LastModifiedDate:datetime SystemModstamp:datetime';

const PERSON =
  'FirstName LastName Name Email:email Phone MobilePhone Title Department LeadSource HasOptedOutOfEmail:boolean MasterRecordId:reference ' +
  'Lifecycle_Stage__c';

interface Blueprint {
  readonly prefix: string;
  readonly fields: string;
  readonly parents?: Readonly<Record<string, string>>;
  readonly required?: readonly string[];
  readonly indexed?: readonly string[];
}

/** The simulated org. Lifecycle_Stage__c is its one custom field; `declareField` adds others. */
const blueprints: Readonly<Record<string, Blueprint>> = {
  Account: {
    prefix: '001',
    fields:
      'Name Type Industry NumberOfEmployees:int AnnualRevenue:double Website Phone BillingStreet BillingCity BillingState ' +
      'BillingPostalCode BillingCountry BillingAddress:address MasterRecordId:reference',
    required: ['Name'],
    indexed: ['Name'],
  },
  Contact: {
    prefix: '003',
    fields: `${PERSON} AccountId:reference Birthdate:date MailingStreet MailingCity MailingState MailingPostalCode MailingCountry MailingAddress:address`,
    parents: { Account: 'AccountId' },
    required: ['LastName'],
    indexed: ['Email', 'AccountId'],
  },
  Lead: {
    prefix: '00Q',
    fields:
      `${PERSON} Company Status Industry NumberOfEmployees:int AnnualRevenue:double Website Street City State PostalCode Country ` +
      'Address:address IsConverted:boolean ConvertedContactId:reference ConvertedAccountId:reference ConvertedDate:date',
    required: ['LastName', 'Company'],
    indexed: ['Email'],
  },
  Campaign: {
    prefix: '701',
    fields: 'Name IsActive:boolean Status Type StartDate:date EndDate:date',
    required: ['Name'],
    indexed: ['Name'],
  },
  CampaignMember: {
    prefix: '00v',
    fields:
      'CampaignId:reference ContactId:reference LeadId:reference Status HasResponded:boolean FirstRespondedDate:date ' +
      'Reason__c Topics__c',
    parents: { Campaign: 'CampaignId', Contact: 'ContactId', Lead: 'LeadId' },
    required: ['CampaignId'],
    indexed: ['CampaignId', 'ContactId', 'LeadId'],
  },
  Opportunity: {
    prefix: '006',
    // CurrencyIsoCode is only there in an org of several currencies: a test declares it.
    fields:
      'Name AccountId:reference Amount:currency StageName CloseDate:date IsClosed:boolean IsWon:boolean Type LeadSource ' +
      'CampaignId:reference ContactId:reference',
    parents: { Account: 'AccountId', Campaign: 'CampaignId' },
    required: ['Name', 'StageName', 'CloseDate'],
  },
  OpportunityContactRole: {
    prefix: '00K',
    fields: 'OpportunityId:reference ContactId:reference Role IsPrimary:boolean',
    parents: { Opportunity: 'OpportunityId', Contact: 'ContactId' },
    required: ['OpportunityId', 'ContactId'],
    indexed: ['OpportunityId', 'ContactId'],
  },
  Task: {
    prefix: '00T',
    fields:
      'WhoId:reference WhatId:reference AccountId:reference Subject Description Status Priority TaskSubtype IsClosed:boolean ' +
      'IsArchived:boolean ActivityDate:date CompletedDateTime:datetime',
    parents: { Who: 'WhoId', What: 'WhatId', Account: 'AccountId' },
    indexed: ['WhoId'],
  },
  Event: {
    prefix: '00U',
    fields:
      'WhoId:reference WhatId:reference AccountId:reference Subject Description Location StartDateTime:datetime EndDateTime:datetime ' +
      'ActivityDateTime:datetime IsAllDayEvent:boolean IsArchived:boolean',
    parents: { Who: 'WhoId', What: 'WhatId', Account: 'AccountId' },
    indexed: ['WhoId'],
  },
};

export function createSchemas(): Map<string, ObjectSchema> {
  return new Map(
    Object.entries(blueprints).map(([name, blueprint]) => [name.toLowerCase(), schemaOf(name, blueprint)]),
  );
}

export function findSchema(schemas: Schemas, name: string): ObjectSchema {
  const schema = schemas.get(name.toLowerCase());
  if (schema !== undefined) return schema;
  throw new ApiError(
    400,
    'INVALID_TYPE',
    `\n${name}\n^\nERROR at Row:1:Column:1\nsObject type '${name}' is not supported.`,
  );
}

/** Salesforce names an unknown column with the object that lacks it (REST API guide: INVALID_FIELD). */
export function findField(schema: ObjectSchema, name: string): Field {
  const field = schema.fields.get(name.toLowerCase());
  if (field !== undefined) return field;
  throw new ApiError(
    400,
    'INVALID_FIELD',
    `\n${name}\n^\nERROR at Row:1:Column:1\nNo such column '${name}' on entity '${schema.name}'.`,
  );
}

function schemaOf(name: string, blueprint: Blueprint): ObjectSchema {
  const fields = new Map<string, Field>();
  for (const entry of `${SYSTEM} ${blueprint.fields}`.split(' ')) {
    const [field = '', type = 'string'] = entry.split(':');
    fields.set(field.toLowerCase(), { name: field, type: type as FieldType });
  }
  return {
    name,
    prefix: blueprint.prefix,
    fields,
    parents: new Map(
      Object.entries(blueprint.parents ?? {}).map(([relation, field]) => [relation.toLowerCase(), field]),
    ),
    required: blueprint.required ?? [],
    indexed: blueprint.indexed ?? [],
  };
}
