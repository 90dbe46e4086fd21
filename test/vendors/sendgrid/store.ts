import { createHash } from 'node:crypto';

/** What a contact may hold; `email` is its own address. */
export interface ContactFields {
  readonly email?: string;
  readonly alternate_emails?: readonly string[];
  readonly first_name?: string;
  readonly last_name?: string;
  readonly city?: string;
  readonly country?: string;
  readonly phone_number?: string;
  readonly phone_number_id?: string;
  readonly external_id?: string;
  readonly custom_fields?: Readonly<Record<string, string | number>>;
}

export interface SimContact {
  readonly id: string;
  readonly created: number;
  updated: number;
  fields: ContactFields;
  readonly lists: Set<string>;
  /** Answered instead of what is there, as a record that nobody can read. */
  damage: Readonly<Record<string, unknown>> | undefined;
}

export interface SimList {
  readonly id: string;
  readonly name: string;
}

export const SUPPRESSIONS = ['unsubscribes', 'spam_reports', 'bounces', 'blocks'] as const;

export type SuppressionName = (typeof SUPPRESSIONS)[number];

export interface SimSuppression {
  readonly email: string;
  /** Seconds since 1970. */
  readonly created: number;
}

export interface When {
  readonly at?: Date;
}

/** What people do in the account. */
export interface SendgridStore {
  readonly contacts: ReadonlyMap<string, SimContact>;
  readonly lists: ReadonlyMap<string, SimList>;
  /** The contact whose own address, or another of whose addresses, this is. */
  byEmail(address: string): SimContact | undefined;
  create(fields: ContactFields, when?: When): string;
  update(id: string, fields: ContactFields, when?: When): void;
  delete(id: string): void;
  createList(name: string): SimList;
  listNamed(name: string): SimList | undefined;
  deleteList(id: string): void;
  suppress(list: SuppressionName, email: string, when?: When): void;
  /** Takes somebody off a list of suppressions. */
  release(list: SuppressionName, email: string): void;
  suppressed(list: SuppressionName): readonly SimSuppression[];
  damage(id: string, answer: Readonly<Record<string, unknown>>): void;
  damageSuppression(list: SuppressionName, email: string, created: unknown): void;
}

export function createStore(now: () => Date): SendgridStore {
  const contacts = new Map<string, SimContact>();
  const lists = new Map<string, SimList>();
  const suppressions = new Map<SuppressionName, SimSuppression[]>(SUPPRESSIONS.map((name) => [name, []]));
  let lastId = 0;

  const nextId = (): string => {
    lastId += 1;
    return uuidOf(lastId);
  };
  const get = (id: string): SimContact => {
    const contact = contacts.get(id);
    if (contact === undefined) throw new Error(`the simulator has no contact ${id}`);
    return contact;
  };
  const listOf = (name: SuppressionName): SimSuppression[] => suppressions.get(name) ?? [];

  return {
    contacts,
    lists,
    byEmail(address) {
      const wanted = address.trim().toLowerCase();
      return [...contacts.values()].find(
        ({ fields }) => fields.email === wanted || fields.alternate_emails?.includes(wanted) === true,
      );
    },
    create(fields, { at = now() } = {}) {
      const id = nextId();
      const created = at.getTime();
      contacts.set(id, { id, created, updated: created, fields: lowered(fields), lists: new Set(), damage: undefined });
      return id;
    },
    update(id, fields, { at = now() } = {}) {
      const contact = get(id);
      const custom = { ...contact.fields.custom_fields, ...fields.custom_fields };
      contact.fields = { ...contact.fields, ...lowered(fields), custom_fields: custom };
      contact.updated = at.getTime();
    },
    delete: (id) => void contacts.delete(id),
    createList(name) {
      const list = { id: nextId(), name };
      lists.set(list.id, list);
      return list;
    },
    listNamed: (name) => [...lists.values()].find((list) => list.name === name),
    deleteList(id) {
      lists.delete(id);
      for (const contact of contacts.values()) contact.lists.delete(id);
    },
    suppress(name, email, { at = now() } = {}) {
      const rows = listOf(name);
      if (!rows.some((one) => one.email === email)) rows.push({ email, created: Math.floor(at.getTime() / 1_000) });
    },
    release(name, email) {
      suppressions.set(
        name,
        listOf(name).filter((one) => one.email !== email),
      );
    },
    suppressed: listOf,
    damage: (id, answer) => {
      get(id).damage = answer;
    },
    damageSuppression(name, email, created) {
      listOf(name).push({ email, created: created as number });
    },
  };
}

/** Ids look like those of the vendor, and are the same in every run. */
export function uuidOf(number: number): string {
  const hex = createHash('sha256').update(`sendgrid ${number}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** "The email field will be changed to all lower-case" (OpenAPI). */
function lowered(fields: ContactFields): ContactFields {
  return fields.email === undefined ? fields : { ...fields, email: fields.email.trim().toLowerCase() };
}
