export interface SimList {
  readonly listId: string;
  readonly name: string;
  readonly processingType: 'MANUAL' | 'SNAPSHOT' | 'DYNAMIC';
  readonly createdAt: number;
  /** Record id to when it was added. */
  readonly members: Map<string, number>;
}

export interface Lists {
  all(): readonly SimList[];
  get(id: string): SimList | undefined;
  /** Names are told apart without regard to case (lists API: "not case sensitive"). */
  named(name: string): SimList | undefined;
  create(name: string, processingType?: SimList['processingType']): SimList;
  delete(id: string): void;
  add(list: SimList, record: string): boolean;
  forgetRecord(record: string): void;
}

export function createLists(now: () => Date): Lists {
  const lists = new Map<string, SimList>();
  let last = 10;
  return {
    all: () => [...lists.values()],
    get: (id) => lists.get(id),
    named: (name) => [...lists.values()].find((one) => one.name.toLowerCase() === name.toLowerCase()),
    create(name, processingType = 'MANUAL') {
      last += 1;
      const members = new Map<string, number>();
      const list = { listId: String(last), name, processingType, createdAt: now().getTime(), members };
      lists.set(list.listId, list);
      return list;
    },
    delete: (id) => void lists.delete(id),
    add(list, record) {
      if (list.members.has(record)) return false;
      list.members.set(record, now().getTime());
      return true;
    },
    forgetRecord(record) {
      for (const { members } of lists.values()) members.delete(record);
    },
  };
}
