import { useCallback, useRef, useState } from 'preact/hooks';
import { type RefusedError, refusalOf } from './ask.ts';

/** Something that a person starts: whether it goes on, and what refused it. */
export interface Doing<Input extends readonly unknown[]> {
  readonly busy: boolean;
  readonly problem: RefusedError | undefined;
  /** Does it, unless it is being done already: two clicks are one. */
  start(...input: Input): void;
}

/** Does something that asks the API, and keeps what refused it to be shown. */
export function useDoing<Input extends readonly unknown[]>(work: (...input: Input) => Promise<void>): Doing<Input> {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<RefusedError>();
  const going = useRef(false);
  const workNow = useRef(work);
  workNow.current = work;
  const start = useCallback((...input: Input): void => {
    if (going.current) return;
    going.current = true;
    setBusy(true);
    setProblem(undefined);
    workNow
      .current(...input)
      .catch((thrown: unknown) => setProblem(refusalOf(thrown)))
      .finally(() => {
        going.current = false;
        setBusy(false);
      });
  }, []);
  return { busy, problem, start };
}
