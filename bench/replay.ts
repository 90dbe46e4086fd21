/** One call of a store, and when it began and ended in the order of all beginnings and ends. */
interface Call {
  readonly store: string;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly began: number;
  ended: number;
}

type Methods = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

/** Stores whose calls are written down, so that the same can be done again with nothing around it. */
export interface Recording<T> {
  readonly stores: T;
  /** Makes the same calls of other stores: what was under way together is under way together again. */
  replay(onto: T): Promise<void>;
}

/** Wraps stores so that each awaited call is remembered. */
export function recordCalls<T extends object>(real: T): Recording<T> {
  const calls: Call[] = [];
  let moment = 0;

  function wrap(store: string, methods: Methods): Methods {
    return Object.fromEntries(
      Object.entries(methods).map(([method, run]) => {
        const recorded = (...args: readonly unknown[]): unknown => {
          const result = run(...args);
          if (!(result instanceof Promise)) return result;
          const call: Call = { store, method, args, began: moment++, ended: Number.POSITIVE_INFINITY };
          calls.push(call);
          return result.finally(() => {
            call.ended = moment++;
          });
        };
        return [method, recorded];
      }),
    );
  }

  const stores = Object.entries(real).map(([name, store]) => [name, wrap(name, store as Methods)]);
  return {
    stores: Object.fromEntries(stores) as T,
    async replay(onto) {
      const methods = onto as Readonly<Record<string, Methods>>;
      for (const group of together(calls)) {
        await Promise.all(group.map(({ store, method, args }) => methods[store]?.[method]?.(...args)));
      }
    },
  };
}

function together(calls: readonly Call[]): readonly (readonly Call[])[] {
  const groups: Call[][] = [];
  let firstEnd = Number.NEGATIVE_INFINITY;
  for (const call of calls) {
    const group = groups.at(-1);
    if (group !== undefined && call.began < firstEnd) group.push(call);
    else groups.push([call]);
    firstEnd = Math.min(groups.at(-1) === group ? firstEnd : Number.POSITIVE_INFINITY, call.ended);
  }
  return groups;
}
