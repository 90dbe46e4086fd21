import { createHash } from 'node:crypto';

export interface UserList {
  readonly id: string;
  readonly name: string;
  readonly keyTypes: readonly string[];
  readonly membershipDuration: string;
  status: 'OPEN' | 'CLOSED';
  readOnly: boolean;
  /** Hashed identifiers that were told and stand. */
  readonly told: Set<string>;
}

/** A change that was accepted; it is carried out when its time comes. */
export interface Accepted {
  readonly id: string;
  readonly op: 'add' | 'remove';
  readonly list: string;
  readonly members: readonly (readonly string[])[];
  readonly hasConsent: boolean;
  readonly doneAt: number;
  /** A processing error for that many of its members, from the first. */
  readonly broken: { readonly reason: string; readonly count: number } | undefined;
  isDone: boolean;
  dropped: number;
}

/** One advertiser's customer lists and the people whom Google knows. */
export type GoogleAdsStore = ReturnType<typeof createStore>;

export function createStore(now: () => Date, processingMs: (nth: number) => number) {
  const lists = new Map<string, UserList>();
  const requests = new Map<string, Accepted>();
  /** Hashed identifiers of people with an account; of those in the EEA nobody is kept without consent. */
  const accounts = new Set<string>();
  const inEurope = new Set<string>();
  let lastList = 7_090_784_485;
  let lastRequest = 0;

  /** Carries out what is due, in the order in which it came. */
  function settle(): void {
    for (const request of requests.values()) {
      if (request.isDone || request.doneAt > now().getTime()) continue;
      request.isDone = true;
      const list = lists.get(request.list);
      for (const [place, identifiers] of request.members.entries()) {
        const isEuropean = identifiers.some((one) => inEurope.has(one));
        const isBroken = place < (request.broken?.count ?? 0);
        if (isBroken || (request.op === 'add' && isEuropean && !request.hasConsent)) {
          request.dropped += 1;
          continue;
        }
        for (const one of identifiers) {
          if (request.op === 'add') list?.told.add(one);
          else list?.told.delete(one);
        }
      }
    }
  }

  return {
    lists,
    requests,
    settle,
    createList(given: Pick<UserList, 'name' | 'keyTypes'> & { readonly membershipDuration?: string }): UserList {
      lastList += 1;
      const list: UserList = {
        id: String(lastList),
        name: given.name,
        keyTypes: given.keyTypes,
        membershipDuration: given.membershipDuration ?? '46656000s',
        status: 'OPEN',
        readOnly: false,
        told: new Set(),
      };
      lists.set(list.id, list);
      return list;
    },
    named: (name: string) => [...lists.values()].find((one) => one.name === name),
    accept(change: Pick<Accepted, 'op' | 'list' | 'members' | 'hasConsent' | 'broken'>): string {
      lastRequest += 1;
      const id = `t-${String(lastRequest).padStart(12, '0')}`;
      requests.set(id, {
        ...change,
        id,
        doneAt: now().getTime() + processingMs(lastRequest),
        isDone: false,
        dropped: 0,
      });
      return id;
    },
    /** Somebody with a Google account of this address. */
    know(address: string, where: 'EEA' | 'elsewhere' = 'elsewhere'): void {
      accounts.add(hashedAs(address));
      if (where === 'EEA') inEurope.add(hashedAs(address));
    },
    knows: (hash: string) => accounts.has(hash),
    /** Whether the list reaches somebody: they were told and have an account. */
    reaches(name: string, address: string): boolean {
      settle();
      const list = [...lists.values()].find((one) => one.name === name);
      return list?.told.has(hashedAs(address)) === true && accounts.has(hashedAs(address));
    },
    /** How many identifiers stand on a list, with or without an account. */
    toldTo(name: string): number {
      settle();
      return [...lists.values()].find((one) => one.name === name)?.told.size ?? 0;
    },
  };
}

/** How Google keeps an address; of Gmail it compares the name without dots and `+…`. */
export function hashedAs(address: string): string {
  const [name = '', domain = ''] = address.trim().toLowerCase().split('@');
  const isGmail = domain === 'gmail.com' || domain === 'googlemail.com';
  const plain = isGmail ? `${name.split('+')[0]?.replaceAll('.', '')}@${domain}` : address.trim().toLowerCase();
  return createHash('sha256').update(plain).digest('hex');
}
