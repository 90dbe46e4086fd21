import { useState } from 'preact/hooks';
import { ask } from '../../app/ask.ts';
import { useDoing } from '../../app/doing.ts';
import { useWorkspace } from '../../app/workspace.tsx';
import { Card } from '../../parts/card.tsx';
import { Choice, Field } from '../../parts/field.tsx';
import { JobStanding } from '../../parts/job.tsx';
import { count } from '../../parts/numbers.ts';
import { Refusal } from '../../parts/shown.tsx';

const HOUR_MS = 3_600_000;

/** Reads hours of the archive again, by the mappings as they are now. */
export function ReplayCard() {
  const { connections } = useWorkspace();
  const [connection, setConnection] = useState('');
  const [from, setFrom] = useState(startOfHour(Date.now() - 24 * HOUR_MS));
  const [until, setUntil] = useState(startOfHour(Date.now()));
  const [job, setJob] = useState<string>();
  const starting = useDoing(async () => {
    const body = { from, to: until, ...(connection === '' ? {} : { connection }) };
    setJob((await ask('POST /api/replay', { body })).id);
  });
  return (
    <Card title="Read again" note="hours of the archive, by the mappings as they are now" wide>
      <form
        class="replay"
        onSubmit={(submission) => {
          submission.preventDefault();
          starting.start();
        }}
      >
        <Choice
          id="replay-of"
          label="Connection"
          value={connection}
          change={setConnection}
          options={[['', 'all'], ...connections.map(({ name }) => [name, name] as const), ['web', 'web']]}
        />
        <Field id="replay-from" label="From, UTC" value={from} change={setFrom} verbatim />
        <Field id="replay-until" label="Until, UTC" value={until} change={setUntil} verbatim />
        <button type="submit" aria-disabled={starting.busy}>
          Read again
        </button>
      </form>
      <Refusal problem={starting.problem} />
      <p class="quiet">Nothing is asked of the tools, and reading the same twice changes nothing.</p>
      {job !== undefined && (
        <JobStanding
          key={job}
          job={job}
          running="The archive is being read…"
          ended={({ parts }) => (
            <p>
              Read: {count(sum(parts, 'changes'))} changes, {count(sum(parts, 'rejected'))} records could not be used.
            </p>
          )}
        />
      )}
    </Card>
  );
}

function startOfHour(at: number): string {
  return `${new Date(at).toISOString().slice(0, 13)}:00:00Z`;
}

function sum(parts: readonly Readonly<Record<string, unknown>>[], name: string): number {
  return parts.reduce((total, part) => total + Number(part[name] ?? 0), 0);
}
