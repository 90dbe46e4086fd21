export interface SimList {
  readonly id: string;
  readonly name: string;
  readonly created: number;
  /** When each profile joined, by id. */
  readonly members: Map<string, number>;
}

export interface Lists {
  readonly all: ReadonlyMap<string, SimList>;
  /** The oldest of that name: names are not unique. */
  named(name: string): SimList | undefined;
  create(name: string, options?: { readonly at?: Date }): SimList;
  delete(id: string): void;
  /** Whoever is on it already keeps the time of joining. */
  add(list: SimList, profile: string, options?: { readonly at?: Date }): void;
  forgetProfile(profile: string): void;
}

export function createLists(now: () => Date): Lists {
  const all = new Map<string, SimList>();
  let lastId = 0;
  return {
    all,
    named: (name) => [...all.values()].find((list) => list.name === name),
    create(name, { at = now() } = {}) {
      lastId += 1;
      const id = `U${lastId.toString(32).toUpperCase().padStart(5, 'K')}`;
      const list: SimList = { id, name, created: at.getTime(), members: new Map() };
      all.set(id, list);
      return list;
    },
    delete: (id) => void all.delete(id),
    add(list, profile, { at = now() } = {}) {
      if (!list.members.has(profile)) list.members.set(profile, Math.floor(at.getTime() / 1_000) * 1_000);
    },
    forgetProfile(profile) {
      for (const list of all.values()) list.members.delete(profile);
    },
  };
}
