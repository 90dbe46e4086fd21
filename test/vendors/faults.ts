/** Something that a simulated tool is told to do wrong. */
export interface Fault<Kind extends string, Area extends string> {
  readonly kind: Kind;
  /** How often; default 1, Infinity = until cleared. */
  readonly times?: number;
  /** Only calls of these areas; default the tool's usual ones. */
  readonly on?: readonly Area[];
}

/** Faults that wait for a call that meets them, in the order in which they were added. */
export interface WaitingFaults<Told extends Fault<string, string>> {
  add(fault: Told): void;
  clear(): void;
  /** The fault that a call of this area meets, used up once. `isMet`: which kinds it can meet; default all. No area = any. */
  take(area: AreaOf<Told> | undefined, isMet?: (kind: Told['kind']) => boolean): Told | undefined;
}

type AreaOf<Told> = Told extends Fault<string, infer Area> ? Area : never;

export function openFaults<Told extends Fault<string, string>>(usual: readonly AreaOf<Told>[]): WaitingFaults<Told> {
  let waiting: { readonly fault: Told; left: number }[] = [];
  return {
    add: (fault) => void waiting.push({ fault, left: fault.times ?? 1 }),
    clear: () => {
      waiting = [];
    },
    take(area, isMet = () => true) {
      const met = waiting.find(
        ({ fault }) => (area === undefined || (fault.on ?? usual).includes(area)) && isMet(fault.kind),
      );
      if (met === undefined) return undefined;
      met.left -= 1;
      if (met.left <= 0) waiting = waiting.filter((one) => one !== met);
      return met.fault;
    },
  };
}
