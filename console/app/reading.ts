import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Answers } from './answers.ts';
import { ask, type Operation, type Question, type RefusedError, type Rest, refusalOf } from './ask.ts';
import type { NamesIn } from './paths.ts';

/** An answer of the API as it stands: not there yet, there, or refused. A refused one may still show what was before. */
export interface Reading<Answer> {
  readonly value: Answer | undefined;
  readonly problem: RefusedError | undefined;
  readonly reading: boolean;
  /** Asks again, and keeps what is shown until the answer is there. */
  again(): void;
}

export interface ReadingOptions<Answer> {
  /** How many milliseconds until it is asked again; undefined: not any more. Work that goes on is followed by it. */
  readonly every?: (answer: Answer) => number | undefined;
}

/** The latest answers by question, so that a page which was there is there at once, and is then read again. */
const latest = new Map<string, unknown>();
const MOST_KEPT = 60;

/** The rest of a reading: its question, which is needed when the path has parameters, and how it is read. */
type Asking<Asked extends Operation> = [NamesIn<Asked>] extends [never]
  ? [Question<Asked>?, ReadingOptions<Answers[Asked]>?]
  : [Question<Asked>, ReadingOptions<Answers[Asked]>?];

/** Asks a question of the API when a page shows, and when the question changes. Undefined asks nothing. */
export function useAnswer<Asked extends Operation>(
  operation: Asked,
  ...[question, options = {}]: Asking<Asked>
): Reading<Answers[Asked]> {
  const key = JSON.stringify([operation, question ?? {}]);
  return useRead(key, () => ask(operation, ...([question] as unknown as Rest<Asked>)), options);
}

/** Reads something by a function; `key` says what, so that it is read again when it changes. */
export function useRead<Answer>(
  key: string,
  read: () => Promise<Answer>,
  { every }: ReadingOptions<Answer> = {},
): Reading<Answer> {
  const [state, setState] = useState<Held<Answer>>({ key, ...kept<Answer>(key) });
  const [asked, setAsked] = useState(0);
  const again = useCallback(() => setAsked((times) => times + 1), []);
  const readNow = useRef(read);
  const everyNow = useRef(every);
  readNow.current = read;
  everyNow.current = every;

  // `asked` asks again, which is all that it is for.
  useEffect(() => {
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      try {
        const value = await readNow.current();
        if (gone) return;
        keep(key, value);
        setState({ key, value, problem: undefined });
        const wait = everyNow.current?.(value);
        if (wait !== undefined) timer = setTimeout(() => void look(), wait);
      } catch (thrown) {
        // Shown where the answer would be, with a way to ask again.
        if (!gone) setState((before) => ({ ...(before.key === key ? before : { key }), problem: refusalOf(thrown) }));
      }
    };
    setState((before) => (before.key === key ? before : { key, ...kept<Answer>(key) }));
    void look();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [key, asked]);

  const current = state.key === key ? state : { key, ...kept<Answer>(key) };
  const { value, problem } = current;
  return { value, problem, reading: value === undefined && problem === undefined, again };
}

/** Two or more readings as one, which is there when all are. */
export function all<Answers extends readonly unknown[]>(
  ...readings: { readonly [Index in keyof Answers]: Reading<Answers[Index]> }
): Reading<Answers> {
  const values = readings.map(({ value }) => value);
  const there = values.every((value) => value !== undefined);
  return {
    value: there ? (values as unknown as Answers) : undefined,
    problem: readings.find(({ problem }) => problem !== undefined)?.problem,
    reading: readings.some(({ reading }) => reading),
    again: () => {
      for (const reading of readings) reading.again();
    },
  };
}

interface Held<Answer> {
  readonly key: string;
  readonly value?: Answer | undefined;
  readonly problem?: RefusedError | undefined;
}

function kept<Answer>(key: string): { readonly value?: Answer } {
  return latest.has(key) ? { value: latest.get(key) as Answer } : {};
}

function keep(key: string, value: unknown): void {
  latest.delete(key);
  latest.set(key, value);
  const oldest = latest.keys().next().value;
  if (latest.size > MOST_KEPT && oldest !== undefined) latest.delete(oldest);
}
