import { useEffect, useState } from 'preact/hooks';
import type { Answers } from '../../app/answers.ts';
import { ask, type RefusedError, refusalOf } from '../../app/ask.ts';

export interface LivePreview {
  /** The latest answer, which may be of an earlier text. */
  readonly answer: Answers['POST /api/segments/preview'] | undefined;
  readonly problem: RefusedError | undefined;
  /** The text has changed since. */
  readonly stale: boolean;
}

/** A pause in typing after which the text is looked at. */
const PAUSE_MS = 350;
const AGAIN_MS = 2_000;

/** Asks what a text means whenever typing pauses. An answer of an earlier text is not taken for one of a later. */
export function usePreview(segment: string, yaml: string): LivePreview {
  const [state, setState] = useState<{ readonly of: string } & Omit<LivePreview, 'stale'>>();
  useEffect(() => {
    let gone = false;
    let timer: ReturnType<typeof setTimeout>;
    const look = async (): Promise<void> => {
      try {
        const answer = await ask('POST /api/segments/preview', { body: { segment, yaml } });
        if (!gone) setState({ of: yaml, answer, problem: undefined });
      } catch (thrown) {
        if (gone) return;
        const problem = refusalOf(thrown);
        // Shown beside the text; what failed in the API may go well the next time.
        setState((before) => ({ of: yaml, answer: before?.answer, problem }));
        if (problem.status >= 500) timer = setTimeout(() => void look(), AGAIN_MS);
      }
    };
    timer = setTimeout(() => void look(), PAUSE_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [segment, yaml]);
  return { answer: state?.answer, problem: state?.problem, stale: state?.of !== yaml };
}
