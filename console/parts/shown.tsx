import type { ComponentChildren } from 'preact';
import type { RefusedError } from '../app/ask.ts';
import type { Reading } from '../app/reading.ts';

/** What an answer becomes when it is there; before that, that it is being read, or why it is not there. */
export function Shown<Answer>({
  of: { value, problem, again },
  children,
}: {
  readonly of: Reading<Answer>;
  readonly children: (answer: Answer) => ComponentChildren;
}) {
  if (value === undefined) {
    return problem === undefined ? <Loading /> : <Problem problem={problem} again={again} />;
  }
  return (
    <>
      {problem !== undefined && <Problem problem={problem} again={again} />}
      {children(value)}
    </>
  );
}

export function Loading() {
  return (
    <p class="quiet loading" role="status">
      Reading…
    </p>
  );
}

/** Why something could not be read, by code and message, and a way to ask again. */
export function Problem({ problem, again }: { readonly problem: RefusedError; readonly again: () => void }) {
  return (
    <div class="problem" role="alert">
      <p>
        {problem.message} {problem.code !== undefined && <code class="quiet">{problem.code}</code>}
      </p>
      <button type="button" class="plain" onClick={again}>
        Try again
      </button>
    </div>
  );
}

/** What was refused, beside what asked for it. */
export function Refusal({
  problem,
  children,
}: {
  readonly problem: RefusedError | undefined;
  readonly children?: ComponentChildren;
}) {
  return (
    <p class="refusal" role="alert">
      {problem !== undefined && (
        <>
          {children} {problem.message} {problem.code !== undefined && <code>{problem.code}</code>}
        </>
      )}
    </p>
  );
}
