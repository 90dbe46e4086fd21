/** A batch as the protocol of docs/connectors/webhook.md has it. */
export interface SimBatch {
  readonly list: string;
  readonly op: 'add' | 'remove';
  readonly members: readonly SimMember[];
}

export interface SimMember {
  readonly id: string;
  readonly keys: readonly { readonly type: string; readonly value: string }[];
  readonly fields?: Readonly<Record<string, unknown>>;
}

export interface SimOutcome {
  readonly id: string;
  readonly status: string;
  readonly code?: string;
}

export interface Lists {
  /** Lets the channel reach somebody, by each of these values. */
  know(...values: readonly string[]): void;
  /** Somebody said no, in the channel's own word. */
  refuse(value: string, code: string): void;
  /** Values of the keys by which people were put on a list, sorted; of all lists where none is named. */
  on(list?: string): readonly string[];
  fieldsOf(list: string, value: string): Readonly<Record<string, unknown>> | undefined;
  /** Neither does nor mentions anything about this member in the next batch. */
  silenceNext(value: string): void;
  /** Answers the next batch by this, whatever was done. */
  answerNext(outcomes: readonly SimOutcome[]): void;
  apply(batch: SimBatch): readonly SimOutcome[];
}

/** What the channel behind an endpoint knows: whom it reaches, who said no, and who is on which list. */
export function createLists(): Lists {
  const known = new Set<string>();
  const refusals = new Map<string, string>();
  const lists = new Map<string, Map<string, Readonly<Record<string, unknown>>>>();
  let silent: string | undefined;
  let nextAnswer: readonly SimOutcome[] | undefined;

  function applyOne(
    list: Map<string, Readonly<Record<string, unknown>>>,
    op: SimBatch['op'],
    member: SimMember,
  ): SimOutcome {
    const { id, keys, fields = {} } = member;
    const refusal = keys.map(({ value }) => refusals.get(value)).find((code) => code !== undefined);
    const value = keys.find((key) => known.has(key.value) || refusals.has(key.value))?.value;
    if (op === 'remove') return { id, status: value !== undefined && list.delete(value) ? 'applied' : 'unchanged' };
    if (refusal !== undefined) return { id, status: 'refused', code: refusal };
    if (value === undefined) return { id, status: 'unmatched' };
    if (list.has(value)) return { id, status: 'unchanged' };
    list.set(value, fields);
    return { id, status: 'applied' };
  }

  return {
    know: (...values) => values.forEach((value) => void known.add(value)),
    refuse: (value, code) => void refusals.set(value, code),
    on: (name) =>
      [...lists]
        .filter(([list]) => name === undefined || list === name)
        .flatMap(([, list]) => [...list.keys()])
        .sort(),
    fieldsOf: (name, value) => lists.get(name)?.get(value),
    silenceNext: (value) => {
      silent = value;
    },
    answerNext: (outcomes) => {
      nextAnswer = outcomes;
    },
    apply({ list: name, op, members }) {
      const list = lists.get(name) ?? new Map<string, Readonly<Record<string, unknown>>>();
      lists.set(name, list);
      const heard = members.filter(({ keys }) => !keys.some(({ value }) => value === silent));
      silent = undefined;
      const outcomes = heard.map((member) => applyOne(list, op, member));
      const answer = nextAnswer ?? outcomes;
      nextAnswer = undefined;
      return answer;
    },
  };
}
