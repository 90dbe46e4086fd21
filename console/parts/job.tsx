import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Job } from '../app/answers.ts';
import { useAnswer } from '../app/reading.ts';
import { Shown } from './shown.tsx';

const FOLLOW_MS = 800;

/** Follows a job until it ends, and says what it becomes. */
export function JobStanding({
  job,
  running,
  ended,
  whenEnded,
}: {
  readonly job: string;
  /** What is said while it goes on. */
  readonly running: ComponentChildren;
  /** What is said when it is done. */
  readonly ended: (job: Job) => ComponentChildren;
  readonly whenEnded?: () => void;
}) {
  const reading = useAnswer(
    'GET /api/jobs/{job}',
    { params: { job } },
    { every: ({ state }) => (state === 'running' ? FOLLOW_MS : undefined) },
  );
  const state = reading.value?.state;
  useEffect(() => {
    if (state === 'finished') whenEnded?.();
  }, [state]);
  return (
    <div class="job" role="status">
      <Shown of={reading}>
        {(found) => {
          if (found.state === 'running') return <p class="quiet">{running}</p>;
          if (found.state === 'finished') return ended(found);
          return <p class="bad">It failed: {found.error?.message ?? `see tributary job ${found.id}`}</p>;
        }}
      </Shown>
    </div>
  );
}
