import { createLists, type Lists } from './lists.ts';
import { createTypes, type ObjectType, type PropertyRules, type PropertyType, typeNamed } from './schema.ts';

export type Properties = Readonly<Record<string, string | null>>;

export interface SimRecord {
  readonly id: string;
  readonly type: ObjectType;
  readonly properties: Record<string, string | null>;
  readonly createdAt: number;
  changedAt: number;
  archivedAt: number | undefined;
  /** As a search shows it while its last change is not in the index yet. */
  former: { readonly properties: Properties; readonly changedAt: number } | undefined;
  /** What answers hold in place of the real values: a record that nobody can read. */
  damage: Properties | undefined;
}

/** Something that webhooks tell of. */
export interface Happening {
  readonly type: ObjectType;
  readonly what:
    | 'creation'
    | 'deletion'
    | 'merge'
    | 'restore'
    | 'propertyChange'
    | 'associationChange'
    | 'privacyDeletion';
  readonly id: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface HubspotStore {
  readonly types: ReadonlyMap<string, ObjectType>;
  readonly lists: Lists;
  readonly records: ReadonlyMap<string, SimRecord>;
  /** Live records of a type, oldest id first. */
  all(type: string): readonly SimRecord[];
  archived(type: string): readonly SimRecord[];
  /** The record of that id, or the one that it was merged into; live or not. */
  find(type: string, id: string): SimRecord | undefined;
  byEmail(address: string): SimRecord | undefined;
  create(type: string, properties: Properties, options?: { readonly at?: Date }): string;
  update(type: string, id: string, properties: Properties, options?: { readonly at?: Date }): void;
  archive(type: string, id: string, options?: { readonly at?: Date }): void;
  restore(type: string, id: string): void;
  /** The second becomes the first; contacts may go on under a new id. Returns the id that is left. */
  merge(type: string, primary: string, other: string, options?: { readonly newId?: boolean }): string;
  /** For good; the address is blocked. False when there is no such contact. */
  forget(contact: string): boolean;
  blocked(address: string): boolean;
  associate(from: string, fromId: string, to: string, toId: string, options?: { readonly primary?: boolean }): void;
  associated(from: string, fromId: string, to: string): readonly { readonly id: string; readonly primary: boolean }[];
  /** A property that the account's people make or delete. */
  addProperty(type: string, name: string, kind?: PropertyType, rules?: PropertyRules): void;
  dropProperty(type: string, name: string): void;
  damage(type: string, id: string, properties: Properties): void;
  whenHappens(listener: (happening: Happening) => void): void;
}

export function createStore(now: () => Date): HubspotStore {
  const types = createTypes();
  const records = new Map<string, SimRecord>();
  const merged = new Map<string, string>();
  const blocked = new Set<string>();
  const links = new Map<string, Map<string, boolean>>();
  const emails = new Map<string, string>();
  const listeners: ((happening: Happening) => void)[] = [];
  let lastId = 1_000;

  const typeOf = (name: string): ObjectType => {
    const type = typeNamed(types, name);
    if (type === undefined) throw new Error(`the simulator has no objects ${name}`);
    return type;
  };
  const keyOf = (type: ObjectType, id: string): string => `${type.name}/${id}`;
  const tell = (happening: Happening): void => {
    for (const listener of listeners) listener(happening);
  };

  function find(name: string, id: string): SimRecord | undefined {
    const type = typeOf(name);
    return records.get(keyOf(type, merged.get(keyOf(type, id)) ?? id));
  }

  function get(name: string, id: string): SimRecord {
    const record = find(name, id);
    if (record === undefined) throw new Error(`the simulator has no ${name} ${id}`);
    return record;
  }

  function stamp(record: SimRecord, at: number): void {
    record.changedAt = at;
    record.properties[record.type.changed] = new Date(at).toISOString();
  }

  function change(record: SimRecord, properties: Properties, at: number): void {
    record.former = { properties: { ...record.properties }, changedAt: record.changedAt };
    const { email } = record.properties;
    Object.assign(record.properties, emptied(lowerEmail(record.type, properties)));
    if (record.type.name === 'contacts' && typeof email === 'string') emails.delete(email);
    index(record);
    stamp(record, at);
  }

  function index(record: SimRecord): void {
    const { email } = record.properties;
    if (record.type.name === 'contacts' && typeof email === 'string') emails.set(email, record.id);
  }

  function remove(record: SimRecord): void {
    records.delete(keyOf(record.type, record.id));
    const { email } = record.properties;
    if (record.type.name === 'contacts' && typeof email === 'string') emails.delete(email);
    store.lists.forgetRecord(record.id);
  }

  const linkKey = (from: ObjectType, id: string, to: ObjectType): string => `${from.name}/${id}/${to.name}`;

  const store: HubspotStore = {
    types,
    lists: createLists(now),
    records,
    all: (name) => [...records.values()].filter((one) => one.type === typeOf(name) && one.archivedAt === undefined),
    archived: (name) =>
      [...records.values()].filter((one) => one.type === typeOf(name) && one.archivedAt !== undefined),
    find,
    byEmail: (address) => {
      const record = records.get(`contacts/${emails.get(address.trim().toLowerCase()) ?? ''}`);
      return record?.archivedAt === undefined ? record : undefined;
    },
    create(name, properties, { at = now() } = {}) {
      const type = typeOf(name);
      lastId += 1;
      const id = String(lastId);
      const iso = at.toISOString();
      const own = lowerEmail(type, properties);
      const record: SimRecord = {
        id,
        type,
        properties: { hs_object_id: id, [type.created]: iso, [type.changed]: iso, ...own },
        createdAt: at.getTime(),
        changedAt: at.getTime(),
        archivedAt: undefined,
        former: undefined,
        damage: undefined,
      };
      records.set(keyOf(type, id), record);
      index(record);
      tell({ type, what: 'creation', id });
      return id;
    },
    update(name, id, properties, { at = now() } = {}) {
      const record = get(name, id);
      change(record, properties, at.getTime());
      for (const [propertyName, propertyValue] of Object.entries(properties)) {
        const more = { propertyName, propertyValue: propertyValue ?? '' };
        tell({ type: record.type, what: 'propertyChange', id: record.id, more });
      }
    },
    archive(name, id, { at = now() } = {}) {
      const record = get(name, id);
      record.archivedAt = at.getTime();
      stamp(record, at.getTime());
      store.lists.forgetRecord(record.id);
      tell({ type: record.type, what: 'deletion', id: record.id });
    },
    restore(name, id) {
      const record = get(name, id);
      record.archivedAt = undefined;
      stamp(record, now().getTime());
      tell({ type: record.type, what: 'restore', id: record.id });
    },
    merge(name, primaryId, otherId, { newId = false } = {}) {
      const [primary, other] = [get(name, primaryId), get(name, otherId)];
      const { type } = primary;
      const kept = { ...other.properties, ...withoutNulls(primary.properties) };
      remove(other);
      let left = primary.id;
      if (newId) {
        remove(primary);
        left = store.create(name, { ...kept, hs_object_id: String(lastId + 1) });
        merged.set(keyOf(type, primary.id), left);
      } else {
        change(primary, { ...kept, hs_object_id: primary.id }, now().getTime());
      }
      merged.set(keyOf(type, other.id), left);
      tell({
        type,
        what: 'merge',
        id: left,
        more: {
          primaryObjectId: Number(primary.id),
          mergedObjectIds: [Number(other.id)],
          newObjectId: Number(left),
          numberOfPropertiesMoved: 1,
        },
      });
      return left;
    },
    forget(contact) {
      const record = find('contacts', contact);
      if (record === undefined) return false;
      const { email } = record.properties;
      remove(record);
      if (typeof email === 'string') blocked.add(email);
      // Both are told: the deletion by law, and the deletion that it is.
      tell({ type: record.type, what: 'privacyDeletion', id: record.id });
      tell({ type: record.type, what: 'deletion', id: record.id });
      return true;
    },
    blocked: (address) => blocked.has(address.toLowerCase()),
    associate(from, fromId, to, toId, { primary = false } = {}) {
      const [one, other] = [typeOf(from), typeOf(to)];
      const ways = [
        [one, fromId, other, toId],
        [other, toId, one, fromId],
      ] as const;
      for (const [a, aId, b, bId] of ways) {
        const linked = links.get(linkKey(a, aId, b)) ?? new Map<string, boolean>();
        links.set(linkKey(a, aId, b), linked.set(bId, primary));
        tell({
          type: a,
          what: 'associationChange',
          id: aId,
          more: {
            associationType: `${a.one}_TO_${b.one}`.toUpperCase(),
            fromObjectId: Number(aId),
            toObjectId: Number(bId),
            associationRemoved: false,
            isPrimaryAssociation: primary,
          },
        });
      }
    },
    associated: (from, fromId, to) =>
      [...(links.get(linkKey(typeOf(from), fromId, typeOf(to))) ?? [])]
        .filter(([id]) => find(to, id)?.archivedAt === undefined && find(to, id) !== undefined)
        .map(([id, primary]) => ({ id, primary })),
    addProperty(name, property, kind = 'text', rules = {}) {
      typeOf(name).properties.set(property, kind);
      typeOf(name).rules.set(property, rules);
    },
    dropProperty: (name, property) => void typeOf(name).properties.delete(property),
    damage: (name, id, properties) => {
      get(name, id).damage = properties;
    },
    whenHappens: (listener) => void listeners.push(listener),
  };
  return store;
}

/** HubSpot keeps addresses in lower case (recorded: hubspot-api-nodejs, contacts). */
function lowerEmail(type: ObjectType, properties: Properties): Properties {
  const { email } = properties;
  if (type.name !== 'contacts' || typeof email !== 'string') return properties;
  return { ...properties, email: email.trim().toLowerCase() };
}

/** A value is cleared by an empty text, and null from then on (objects API, "batch update"). */
function emptied(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, value === '' ? null : value]));
}

function withoutNulls(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null));
}
