import { ApiError } from './api-error.ts';
import { checkCampaignMember } from './campaign-members.ts';
import { createIds, storedId } from './ids.ts';
import { checkContactRole, closing } from './opportunities.ts';
import { createSchemas, type FieldRules, type FieldType, findField, findSchema, type Schemas } from './schema.ts';
import { createTable, type Row, type Table } from './table.ts';
import { readValue } from './values.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** A change as Change Data Capture tells it. */
export interface StoredChange {
  readonly object: string;
  readonly id: string;
  readonly changeType: 'CREATE' | 'UPDATE' | 'DELETE' | 'UNDELETE';
  /** Fields that an update changed, with what they are now; all that a new record holds. */
  readonly fields: Readonly<Partial<Row>>;
  readonly at: number;
}

/** The records of the simulated org, and everything that people and jobs inside it could do to them. */
export interface SalesforceStore {
  readonly schemas: Schemas;
  table(object: string): Table;
  /** Adds a field to an object, as an administrator would: `declareField('Contact', 'Tier__c', 'string')`. */
  declareField(object: string, name: string, type: FieldType, rules?: FieldRules): void;
  /** Deletes a field of an object. */
  dropField(object: string, name: string): void;
  /** Takes the right to see an object from our user, or a feature from the org: nothing can be asked of it any more. */
  hide(object: string): void;
  /** Adds a record and returns its id. CreatedDate, SystemModstamp and Id may be given to build a past. */
  insert(object: string, fields: Fields): string;
  /** A record that is stamped now and only seen once `commit` is called: a long transaction. */
  insertUncommitted(object: string, fields: Fields): { readonly id: string; commit(): void };
  update(id: string, fields: Fields): void;
  /**
   * Into the recycle bin. Campaign members are not kept there: they are gone, and go with their person or campaign. A contact
   * role that is deleted by itself is gone too; with its opportunity it lies in the bin.
   */
  delete(id: string): void;
  undelete(id: string): void;
  /** Empties the record out of the recycle bin: nothing shows it any more. */
  purge(id: string): void;
  /** Merges losers into a winner: they are deleted with MasterRecordId, and what belonged to them becomes the winner's. */
  merge(winner: string, losers: readonly string[]): void;
  /** Turns a lead into a contact (a new one unless given) and returns the contact's id. */
  convertLead(lead: string, into?: { readonly contact?: string; readonly account?: string }): string;
  /** Everything that was deleted, oldest first: what the delete log tells. */
  deletions(): readonly { readonly object: string; readonly id: string; readonly at: number }[];
  /** Purges entries of the delete log from before an instant, as a job of Salesforce does with a log that grew too long. */
  forgetDeletions(before: number): void;
  /** The first instant that the delete log still tells of. */
  rememberedSince(): number;
  /** When the oldest transaction that is still under way began; undefined = there is none. */
  underWaySince(): number | undefined;
  /** A deletion that is stamped now and only done once `commit` is called: a long transaction. */
  deleteUncommitted(id: string): { commit(): void };
  /** Is told of every change from now on, once it is committed. */
  onChange(listener: (change: StoredChange) => void): void;
  /** A live record with its stored values, or undefined. */
  get(id: string): Row | undefined;
  /** Live records of an object, in the order of their last change. */
  all(object: string): readonly Row[];
}

export function createStore(now: () => Date): SalesforceStore {
  const schemas = createSchemas();
  const makeId = createIds();
  const tables = new Map([...schemas].map(([name, schema]) => [name, createTable(schema)]));
  const byPrefix = new Map([...tables.values()].map((table) => [table.schema.prefix, table]));
  const deletions: { object: string; id: string; at: number }[] = [];
  let forgottenUntil = Number.NEGATIVE_INFINITY;
  const underWay = new Set<{ readonly since: number }>();
  let listener = (_change: StoredChange): void => undefined;
  const second = () => Math.floor(now().getTime() / 1000) * 1000;

  function table(object: string): Table {
    const found = tables.get(findSchema(schemas, object).name.toLowerCase());
    if (found === undefined) throw new ApiError(400, 'INVALID_TYPE', `sObject type '${object}' is not supported.`);
    return found;
  }

  function rowOf(id: string): { readonly table: Table; readonly row: Row } {
    const home = byPrefix.get(id.slice(0, 3));
    const row = home?.byId.get(storedId(id));
    if (home === undefined || row === undefined)
      throw new ApiError(404, 'NOT_FOUND', 'The requested resource does not exist');
    return { table: home, row };
  }

  function liveRow(id: string): { readonly table: Table; readonly row: Row } {
    const found = rowOf(id);
    if (found.row.IsDeleted) throw new ApiError(404, 'ENTITY_IS_DELETED', 'entity is deleted');
    return found;
  }

  function build(object: string, fields: Fields): Row {
    const { schema } = table(object);
    const at = second();
    const row: Row = { Id: '', SystemModstamp: at, IsDeleted: false };
    for (const field of schema.fields.values()) if (field.type === 'boolean') row[field.name] = false;
    for (const [name, value] of Object.entries(fields)) {
      const field = findField(schema, name);
      row[field.name] = readValue(field, value);
    }
    const missing = schema.required.filter((name) => (row[name] ?? null) === null);
    if (missing.length > 0) {
      throw new ApiError(
        400,
        'REQUIRED_FIELD_MISSING',
        `Required fields are missing: [${missing.join(', ')}]`,
        missing,
      );
    }
    if (schema.name === 'CampaignMember') checkCampaignMember(table, row);
    if (schema.name === 'OpportunityContactRole') checkContactRole(table, row);
    const created = row.CreatedDate ?? ('SystemModstamp' in fields ? row.SystemModstamp : at);
    const id = typeof fields.Id === 'string' ? fields.Id : makeId(schema.prefix);
    const dated = { ...row, CreatedDate: created };
    return { ...dated, ...derived(schema.name, dated, at), Id: id, LastModifiedDate: row.SystemModstamp };
  }

  function change(home: Table, row: Row, fields: Row | Readonly<Partial<Row>>): void {
    const at = second();
    home.put({ ...row, LastModifiedDate: at, SystemModstamp: at, ...fields } as Row);
    const binned = 'IsDeleted' in fields ? fields.IsDeleted : undefined;
    tell(home, row.Id, binned === undefined ? 'UPDATE' : binned ? 'DELETE' : 'UNDELETE', fields);
  }

  function create(home: Table, row: Row): void {
    home.put(row);
    tell(home, row.Id, 'CREATE', row);
  }

  function tell(
    { schema }: Table,
    id: string,
    changeType: StoredChange['changeType'],
    fields: StoredChange['fields'],
  ): void {
    listener({ object: schema.name, id, changeType, fields, at: now().getTime() });
  }

  function dropMembers(field: string, id: string): void {
    const members = table('CampaignMember');
    for (const member of [...(members.idsWhere(field, id) ?? [])]) remove(member);
  }

  function remove(id: string, extra: Readonly<Partial<Row>> = {}, at = second()): void {
    const { table: home, row } = liveRow(id);
    const owned = { Contact: 'ContactId', Lead: 'LeadId', Campaign: 'CampaignId' }[home.schema.name];
    deletions.push({ object: home.schema.name, id: row.Id, at });
    if (owned !== undefined) dropMembers(owned, row.Id);
    if (home.schema.name === 'Opportunity') binRoles(row.Id, true);
    if (GONE_AT_ONCE.has(home.schema.name)) {
      home.drop(row.Id);
      tell(home, row.Id, 'DELETE', {});
    } else change(home, row, { IsDeleted: true, SystemModstamp: at, ...extra });
  }

  /** A transaction that began now and ends when it is committed. */
  function begin(work: () => void): { commit(): void } {
    const transaction = { since: second() };
    underWay.add(transaction);
    const commit = () => {
      underWay.delete(transaction);
      work();
    };
    return { commit };
  }

  function binRoles(opportunity: string, IsDeleted: boolean): void {
    const roles = table('OpportunityContactRole');
    for (const id of [...(roles.idsWhere('OpportunityId', opportunity) ?? [])]) {
      const role = roles.byId.get(id);
      if (role !== undefined) change(roles, role, { IsDeleted });
    }
  }

  /** An opportunity has one primary contact: whoever was it before is it no more. */
  function onlyPrimary({ Id, OpportunityId, IsPrimary }: Row): void {
    if (IsPrimary !== true) return;
    const roles = table('OpportunityContactRole');
    for (const id of [...(roles.idsWhere('OpportunityId', OpportunityId ?? null) ?? [])]) {
      const role = roles.byId.get(id);
      if (role?.IsPrimary === true && id !== Id) change(roles, role, { IsPrimary: false });
    }
  }

  const store: SalesforceStore = {
    schemas,
    table,
    declareField: (object, name, type, rules) => {
      table(object).schema.fields.set(name.toLowerCase(), { name, type, ...(rules === undefined ? {} : { rules }) });
    },
    dropField: (object, name) => void table(object).schema.fields.delete(name.toLowerCase()),
    hide: (object) => {
      schemas.delete(object.toLowerCase());
    },
    insert: (object, fields) => {
      const row = build(object, fields);
      create(table(object), row);
      if (table(object).schema.name === 'OpportunityContactRole') onlyPrimary(row);
      return row.Id;
    },
    insertUncommitted: (object, fields) => {
      const row = build(object, fields);
      return { id: row.Id, ...begin(() => create(table(object), row)) };
    },
    update: (id, fields) => {
      const { table: home, row } = liveRow(id);
      const changed: Record<string, Row[string]> = {};
      for (const [name, value] of Object.entries(fields)) {
        const field = findField(home.schema, name);
        changed[field.name] = readValue(field, value);
      }
      change(home, row, { ...changed, ...derived(home.schema.name, { ...row, ...changed }, second()) });
      if (home.schema.name === 'OpportunityContactRole') onlyPrimary({ ...row, ...changed });
    },
    delete: (id) => remove(id),
    undelete: (id) => {
      const { table: home, row } = rowOf(id);
      change(home, row, { IsDeleted: false, MasterRecordId: null });
      if (home.schema.name === 'Opportunity') binRoles(row.Id, false);
    },
    purge: (id) => {
      const { table: home, row } = rowOf(id);
      home.drop(row.Id);
    },
    merge: (winner, losers) => {
      const master = liveRow(winner).row.Id;
      for (const loser of losers) {
        const { table: home, row } = liveRow(loser);
        for (const object of ['Task', 'Event']) {
          const acts = table(object);
          for (const id of [...(acts.idsWhere('WhoId', row.Id) ?? [])]) {
            const act = acts.byId.get(id);
            if (act !== undefined) change(acts, act, { WhoId: master });
          }
        }
        reparent('CampaignMember', home.schema.name === 'Lead' ? 'LeadId' : 'ContactId', row.Id, master);
        if (home.schema.name === 'Contact') reparent('OpportunityContactRole', 'ContactId', row.Id, master);
        remove(row.Id, { MasterRecordId: master });
      }
    },
    convertLead: (lead, into = {}) => {
      const { table: home, row } = liveRow(lead);
      const contact =
        into.contact ??
        store.insert('Contact', { ...kept(row), ...(into.account === undefined ? {} : { AccountId: into.account }) });
      const converted = { IsConverted: true, ConvertedContactId: contact, ConvertedAccountId: into.account ?? null };
      change(home, row, { ...converted, ConvertedDate: now().toISOString().slice(0, 10) });
      return contact;
    },
    deletions: () => deletions,
    forgetDeletions: (before) => {
      forgottenUntil = before;
    },
    rememberedSince: () => forgottenUntil,
    underWaySince: () => [...underWay].sort((one, other) => one.since - other.since)[0]?.since,
    deleteUncommitted: (id) => {
      const at = second();
      return begin(() => remove(id, {}, at));
    },
    onChange: (told) => {
      listener = told;
    },
    get: (id) => {
      const row = byPrefix.get(id.slice(0, 3))?.byId.get(storedId(id));
      return row === undefined || row.IsDeleted ? undefined : row;
    },
    all: (object) => table(object).inOrder.filter((row) => !row.IsDeleted),
  };

  /** What hung on one record hangs on another; nothing hangs twice on the same campaign or opportunity. */
  function reparent(
    object: 'CampaignMember' | 'OpportunityContactRole',
    field: string,
    from: string,
    to: string,
  ): void {
    const home = table(object);
    const of = object === 'CampaignMember' ? 'CampaignId' : 'OpportunityId';
    for (const id of [...(home.idsWhere(field, from) ?? [])]) {
      const member = home.byId.get(id);
      if (member === undefined) continue;
      const twice = [...(home.idsWhere(field, to) ?? [])].some((other) => home.byId.get(other)?.[of] === member[of]);
      if (twice) home.drop(id);
      else change(home, member, { [field]: to });
    }
  }

  return store;
}

/** Objects without a place in the recycle bin of their own. */
const GONE_AT_ONCE = new Set(['CampaignMember', 'OpportunityContactRole']);

/** Values that Salesforce keeps in step by itself. */
function derived(object: string, row: Readonly<Partial<Row>>, at: number): Readonly<Partial<Row>> {
  if (object === 'Contact' || object === 'Lead')
    return { Name: [row.FirstName, row.LastName].filter(Boolean).join(' ') };
  if (object === 'Task') {
    const closed = row.Status === 'Completed' || row.IsClosed === true;
    return { IsClosed: closed, CompletedDateTime: closed ? (row.CompletedDateTime ?? row.CreatedDate ?? at) : null };
  }
  if (object === 'Event') return { ActivityDateTime: row.ActivityDateTime ?? row.StartDateTime ?? null };
  if (object === 'Opportunity') return closing(row);
  if (object === 'CampaignMember') {
    const responded = row.HasResponded === true || row.Status === 'Responded';
    const day = new Date(at).toISOString().slice(0, 10);
    return { HasResponded: responded, FirstRespondedDate: row.FirstRespondedDate ?? (responded ? day : null) };
  }
  return {};
}

function kept(lead: Row): Fields {
  const fields = [
    'FirstName',
    'LastName',
    'Email',
    'Phone',
    'MobilePhone',
    'Title',
    'LeadSource',
    'HasOptedOutOfEmail',
  ];
  return Object.fromEntries(fields.map((field) => [field, lead[field] ?? null]));
}
