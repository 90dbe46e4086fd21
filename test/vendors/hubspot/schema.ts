/** What values of a property are, and how they compare in a search. */
export type PropertyType = 'text' | 'number' | 'instant' | 'bool';

/** What else a property's definition says; one without any is a single line of text that may be written. */
export interface PropertyRules {
  /** The only values that it takes. */
  readonly options?: readonly string[];
  /** Several options at once. */
  readonly many?: true;
  readonly readOnly?: true;
}

export interface ObjectType {
  readonly name: string;
  readonly id: string;
  /** What webhooks and error messages call one. */
  readonly one: string;
  readonly changed: 'lastmodifieddate' | 'hs_lastmodifieddate';
  readonly created: 'createdate' | 'hs_createdate';
  /** Brought when nothing is asked for, beside what every answer holds. */
  readonly defaults: readonly string[];
  readonly properties: Map<string, PropertyType>;
  readonly rules: Map<string, PropertyRules>;
}

const text = (names: string): [string, PropertyType][] => names.split(' ').map((name) => [name, 'text']);
const instants = (names: string): [string, PropertyType][] => names.split(' ').map((name) => [name, 'instant']);
const numbers = (names: string): [string, PropertyType][] => names.split(' ').map((name) => [name, 'number']);

/** The standard objects that are simulated, each with its own map: accounts add and drop properties. */
export function createTypes(): ReadonlyMap<string, ObjectType> {
  const made = [
    type('contacts', '0-1', 'contact', 'email firstname lastname', [
      ...text(
        'email firstname lastname phone mobilephone jobtitle company website hs_language address city state zip country lifecyclestage hs_lead_status hs_analytics_source hubspot_owner_id hs_email_optout',
      ),
    ]),
    type('companies', '0-2', 'company', 'name domain', [
      ...text('name domain type industry website phone address city state zip country'),
      ...numbers('numberofemployees annualrevenue'),
    ]),
    type('deals', '0-3', 'deal', 'dealname amount closedate pipeline dealstage', [
      ...text('dealname deal_currency_code dealstage pipeline dealtype hs_is_closed hs_is_closed_won hubspot_owner_id'),
      ...numbers('amount'),
      ...instants('closedate'),
    ]),
    type('calls', '0-48', 'call', '', [
      ...text('hs_call_title hs_call_status hs_call_direction hubspot_owner_id'),
      ...instants('hs_timestamp'),
    ]),
    type('meetings', '0-47', 'meeting', '', [
      ...text('hs_meeting_title hs_meeting_outcome hubspot_owner_id'),
      ...instants('hs_timestamp hs_meeting_end_time'),
    ]),
    type('emails', '0-49', 'email', '', [
      ...text('hs_email_subject hs_email_status hs_email_direction hubspot_owner_id'),
      ...instants('hs_timestamp'),
    ]),
    type('notes', '0-46', 'note', '', [...text('hs_note_body hubspot_owner_id'), ...instants('hs_timestamp')]),
    type('tasks', '0-27', 'task', '', [
      ...text('hs_task_subject hs_task_status hs_task_priority hs_task_type hubspot_owner_id'),
      ...instants('hs_timestamp hs_task_completion_date'),
    ]),
  ];
  return new Map(made.map((one) => [one.name, one]));
}

/** `contacts`, `contact`, `CONTACT` and `0-1` all mean the same (recordings use several). */
export function typeNamed(types: ReadonlyMap<string, ObjectType>, given: string): ObjectType | undefined {
  const name = given.toLowerCase();
  return [...types.values()].find((one) => one.name === name || one.one === name || one.id === name);
}

function type(
  name: string,
  id: string,
  one: string,
  defaults: string,
  properties: readonly [string, PropertyType][],
): ObjectType {
  const isCrm = id.length === 3;
  const created = isCrm ? 'createdate' : 'hs_createdate';
  // Contacts have another name for it than everything else (recorded).
  const changed = name === 'contacts' ? 'lastmodifieddate' : 'hs_lastmodifieddate';
  return {
    name,
    id,
    one,
    created,
    changed,
    defaults: defaults.split(' ').filter((word) => word !== ''),
    // Only HubSpot itself sets these.
    rules: new Map(['hs_object_id', created, changed].map((name) => [name, { readOnly: true }])),
    properties: new Map([...properties, ['hs_object_id', 'number'], [created, 'instant'], [changed, 'instant']] as [
      string,
      PropertyType,
    ][]),
  };
}
