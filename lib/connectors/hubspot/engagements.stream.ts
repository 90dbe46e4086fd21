import * as z from 'zod';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { Schema } from '../contract.ts';
import { associatedWith, idsOf } from './associated.ts';
import type { HubspotApi } from './client.ts';
import { objectStream } from './object-stream.ts';
import { properties, recordId } from './record.ts';
import type { Source } from './source.ts';

export const engagementMapping: Mapping = {
  version: 1,
  object: 'contact',
  subject: 'person',
  id: ['contact'],
  at: ['at', 'properties.hs_timestamp'],
  identifiers: [{ type: 'hubspot.contact_id', from: 'contact' }],
  activity: {
    id: ['actId'],
    name: {
      from: 'act',
      names: {
        call: 'Call Logged',
        note: 'Note Added',
        task: 'Task Completed',
        email: 'Email Sent',
        'incoming-email': 'Email Received',
        meeting: 'Meeting Held',
        'no-show': 'Meeting Missed',
        canceled: 'Meeting Canceled',
        rescheduled: 'Meeting Rescheduled',
      },
    },
    properties: {
      subject: { from: 'subject', as: 'string' },
      status: { from: 'status', as: 'string' },
      direction: { from: 'direction', as: 'string' },
      ends_at: { from: 'properties.hs_meeting_end_time', as: 'instant' },
      owner_id: { from: 'properties.hubspot_owner_id', as: 'string' },
    },
  },
};

/** An engagement of one of its contacts. */
export const engagementRecord = z.looseObject({
  id: recordId,
  properties,
  contact: recordId,
  act: z.string(),
}) as unknown as Schema<JsonObject>;

/** What one kind of engagement is called and where it says what. Bodies are never asked for: they hold whole mails. */
interface Kind {
  readonly object: string;
  readonly subject?: string;
  readonly status?: string;
  readonly direction?: string;
  readonly more?: readonly string[];
  readonly act: (told: JsonObject) => string;
}

const meetings = new Map(
  Object.entries({
    NO_SHOW: 'no-show',
    CANCELED: 'canceled',
    RESCHEDULED: 'rescheduled',
  }),
);

const kinds: readonly Kind[] = [
  {
    object: 'calls',
    subject: 'hs_call_title',
    status: 'hs_call_status',
    direction: 'hs_call_direction',
    act: () => 'call',
  },
  {
    object: 'meetings',
    subject: 'hs_meeting_title',
    status: 'hs_meeting_outcome',
    more: ['hs_meeting_end_time'],
    act: ({ hs_meeting_outcome: outcome }) => meetings.get(String(outcome)) ?? 'meeting',
  },
  {
    object: 'emails',
    subject: 'hs_email_subject',
    status: 'hs_email_status',
    direction: 'hs_email_direction',
    act: (told) => (told.hs_email_direction === 'INCOMING_EMAIL' ? 'incoming-email' : 'email'),
  },
  { object: 'notes', act: () => 'note' },
  {
    object: 'tasks',
    subject: 'hs_task_subject',
    status: 'hs_task_status',
    more: ['hs_task_completion_date'],
    act: () => 'task',
  },
];

export const engagements = objectStream({
  name: 'engagements',
  record: engagementRecord,
  sources: kinds.map(sourceOfKind),
  mapping: engagementMapping,
});

function sourceOfKind(kind: Kind): Source {
  const { subject, status, direction, more = [] } = kind;
  const named = [subject, status, direction].filter((name) => name !== undefined);
  const plain = {
    object: kind.object,
    changed: 'hs_lastmodifieddate',
    properties: ['hs_timestamp', 'hubspot_owner_id', ...named, ...more],
    dress: (api: HubspotApi, found: readonly unknown[]) => ofContacts(api, kind, found),
  } as const;
  // The time of a task is when it is due; it counts once it is done, and from then on.
  if (kind.object !== 'tasks') return { ...plain, countsFrom: 'hs_timestamp' };
  return { ...plain, where: [{ property: 'hs_task_status', is: 'EQ', value: 'COMPLETED' }] };
}

/** One record for each contact of an engagement; none for an engagement without contacts. */
async function ofContacts(api: HubspotApi, kind: Kind, found: readonly unknown[]): Promise<readonly unknown[]> {
  const contacts = await associatedWith(api, kind.object, 'contacts', idsOf(found));
  return found.flatMap((one) => {
    if (!isJsonObject(one) || !isJsonObject(one.properties) || typeof one.id !== 'string') return [one];
    const told = one.properties;
    const of = (name: string | undefined) => (name === undefined ? null : (told[name] ?? null));
    return (contacts.get(one.id) ?? []).map(({ id: contact }) => ({
      ...one,
      contact,
      act: kind.act(told),
      actId: `${kind.object}-${one.id as string}`,
      ...(kind.object === 'tasks' ? { at: told.hs_task_completion_date ?? told.hs_lastmodifieddate ?? null } : {}),
      subject: of(kind.subject),
      status: of(kind.status),
      direction: of(kind.direction),
    }));
  });
}
