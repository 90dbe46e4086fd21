import { problems } from './rest-error.ts';

export interface SimSegment {
  readonly id: string;
  readonly name: string;
  readonly sourceSegmentId: string;
  readonly sourcePlatform: string;
  readonly madeAt: number;
  /** `idType idValue` of everybody who was added. */
  readonly users: Set<string>;
}

export interface UserChange {
  readonly action?: string;
  readonly userIds?: readonly { readonly idType?: string; readonly idValue?: string }[];
}

/** DMP segments of one ad account. Nobody can read who is in one: only tests can. */
export interface Segments {
  readonly all: ReadonlyMap<string, SimSegment>;
  /** The oldest of that name: names are not unique. */
  named(name: string): SimSegment | undefined;
  create(segment: Pick<SimSegment, 'name' | 'sourceSegmentId' | 'sourcePlatform'>): SimSegment;
  delete(id: string): void;
  /** Whether users are taken yet. */
  isOpen(segment: SimSegment): boolean;
  change(segment: SimSegment, changes: readonly UserChange[]): void;
}

const SHAPES: Readonly<Record<string, RegExp>> = {
  SHA256_EMAIL: /^[0-9a-f]{64}$/,
  SHA512_EMAIL: /^[0-9a-f]{128}$/,
  GOOGLE_AID: /^.+$/,
};

/** `readyAfterMs`: how long a new segment answers 404 to users (DMP Segment Users: five seconds; others saw minutes). */
export function createSegments(now: () => Date, readyAfterMs: number): Segments {
  const all = new Map<string, SimSegment>();
  let lastId = 10_804_000;
  return {
    all,
    named: (name) => [...all.values()].find((one) => one.name === name),
    create(told) {
      lastId += 1;
      const segment: SimSegment = { ...told, id: String(lastId), madeAt: now().getTime(), users: new Set() };
      all.set(segment.id, segment);
      return segment;
    },
    delete: (id) => void all.delete(id),
    isOpen: ({ madeAt }) => now().getTime() - madeAt >= readyAfterMs,
    change(segment, changes) {
      // One user that is wrong fails all of the request, before anybody is changed.
      for (const [index, { action, userIds = [] }] of changes.entries()) {
        if (action !== 'ADD' && action !== 'REMOVE') throw problems.field(index, '/action');
        const bad = userIds.some(({ idType = '', idValue = '' }) => SHAPES[idType]?.test(idValue) !== true);
        if (userIds.length === 0 || bad) throw problems.field(index, '/userIds');
      }
      for (const { action, userIds = [] } of changes) {
        for (const { idType, idValue } of userIds) {
          if (action === 'ADD') segment.users.add(`${idType} ${idValue}`);
          else segment.users.delete(`${idType} ${idValue}`);
        }
      }
    },
  };
}
