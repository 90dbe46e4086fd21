import * as z from 'zod';
import type { JsonObject } from '../../domain/json.ts';
import type { Mapping, Rule } from '../../domain/mapping.ts';
import type { Schema } from '../contract.ts';
import { objectOf } from './ids.ts';
import { objectStream } from './object-stream.ts';
import { recordId } from './record.ts';

type Person = 'contact' | 'lead';
type Act = 'task' | 'event' | 'joined' | 'responded';

/** What a task's kind means when it is done. Salesforce leaves the kind empty for tasks from before it had kinds. */
const taskNames: Readonly<Record<string, string>> = {
  '': 'Task Completed',
  Task: 'Task Completed',
  Cadence: 'Task Completed',
  Call: 'Call Logged',
  Email: 'Email Sent',
  ListEmail: 'Email Sent',
  LinkedIn: 'LinkedIn Message Sent',
};

const campaign = {
  campaign: 'Campaign.Name',
  campaign_id: 'CampaignId',
  campaign_type: 'Campaign.Type',
  campaign_status: 'Campaign.Status',
  status: 'Status',
};

const acts: Readonly<Record<Act, Pick<Mapping, 'at'> & { readonly activity: NonNullable<Mapping['activity']> }>> = {
  task: {
    // Not SystemModstamp: when a thing was done must not move when somebody corrects its description.
    at: ['CompletedDateTime', 'CreatedDate'],
    activity: {
      id: ['Id'],
      name: { from: 'TaskSubtype', names: taskNames },
      properties: texts({ subject: 'Subject', status: 'Status', priority: 'Priority', related_to: 'WhatId' }),
    },
  },
  event: {
    at: ['StartDateTime', 'ActivityDateTime'],
    activity: {
      id: ['Id'],
      name: 'Meeting Held',
      properties: {
        ...texts({ subject: 'Subject', location: 'Location', related_to: 'WhatId' }),
        ends_at: { from: 'EndDateTime', as: 'instant' },
      },
    },
  },
  joined: {
    at: ['CreatedDate'],
    activity: {
      id: ['Id'],
      name: 'Campaign Joined',
      properties: texts(campaign),
    },
  },
  responded: {
    at: ['respondedAt'],
    activity: {
      id: ['respondedId'],
      name: 'Campaign Responded',
      properties: texts(campaign),
    },
  },
};

/** A task, event or campaign member, with the plain fields that the mappings read beside Salesforce's own. */
export const activityRecord = z
  .looseObject({
    Id: recordId,
    SystemModstamp: z.string(),
    CreatedDate: z.string(),
    WhoId: recordId.nullish(),
    ContactId: recordId.nullish(),
    LeadId: recordId.nullish(),
    FirstRespondedDate: z.string().nullish(),
  })
  .transform((record) => ({
    ...record,
    person: record.WhoId ?? record.ContactId ?? record.LeadId ?? null,
    // Salesforce keeps only the day of a response.
    respondedAt: record.FirstRespondedDate == null ? null : `${record.FirstRespondedDate}T00:00:00Z`,
    respondedId: `${record.Id}:responded`,
  })) as unknown as Schema<JsonObject>;

export const activities = objectStream({
  name: 'activities',
  record: activityRecord,
  sources: [
    {
      object: 'Task',
      fields: [
        'WhoId',
        'WhatId',
        'Subject',
        'Status',
        'Priority',
        'TaskSubtype',
        'IsClosed',
        'CompletedDateTime',
        'CreatedDate',
      ],
      where: 'IsDeleted = false AND WhoId != null AND IsClosed = true',
      mappingsOf: (record) => [nameOf('task', personOf(record.WhoId))],
    },
    {
      object: 'Event',
      fields: [
        'WhoId',
        'WhatId',
        'Subject',
        'Location',
        'StartDateTime',
        'EndDateTime',
        'ActivityDateTime',
        'CreatedDate',
      ],
      where: 'IsDeleted = false AND WhoId != null',
      countsFrom: 'StartDateTime',
      mappingsOf: (record) => [nameOf('event', personOf(record.WhoId))],
    },
    {
      object: 'CampaignMember',
      fields: [
        'CampaignId',
        'Campaign.Name',
        'ContactId',
        'LeadId',
        'Status',
        'HasResponded',
        'FirstRespondedDate',
        'CreatedDate',
      ],
      optional: ['Campaign.Type', 'Campaign.Status'],
      where: 'IsDeleted = false',
      mappingsOf: (record) => {
        const person = personOf(record.ContactId ?? record.LeadId);
        const joined = nameOf('joined', person);
        return record.FirstRespondedDate == null ? [joined] : [joined, nameOf('responded', person)];
      },
    },
  ],
  mappings: Object.fromEntries(
    (['contact', 'lead'] as const).flatMap((person) =>
      (['task', 'event', 'joined', 'responded'] as const).map((act) => [nameOf(act, person), mappingOf(act, person)]),
    ),
  ),
});

/** One act of one kind of person. Its fragment is the person's own, so the act lands with what we know of them. */
function mappingOf(act: Act, person: Person): Mapping {
  return {
    version: 1,
    object: person,
    subject: 'person',
    id: ['person'],
    identifiers: [{ type: `salesforce.${person}_id`, from: 'person' }],
    ...acts[act],
  };
}

function nameOf(act: Act, person: Person): string {
  return `${act}-of-${person}`;
}

function personOf(id: unknown): Person {
  return typeof id === 'string' && objectOf(id) === 'Lead' ? 'lead' : 'contact';
}

function texts(fields: Readonly<Record<string, string>>): Record<string, Rule> {
  return Object.fromEntries(Object.entries(fields).map(([name, from]) => [name, { from, as: 'string' }]));
}
