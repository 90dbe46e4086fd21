import { useState } from 'preact/hooks';
import type { PushRun } from '../../../lib/pipeline/push/push-run.ts';
import { to } from '../../app/addresses.ts';
import { ask } from '../../app/ask.ts';
import { useCaller } from '../../app/caller.tsx';
import { useDoing } from '../../app/doing.ts';
import { Field } from '../../parts/field.tsx';

/** Letters of a hash that name a plan well enough for a person. */
const ENOUGH = 8;

/**
 * Approves exactly the plan that the page shows: its whole hash is sent, and the API refuses when it is not the plan of
 * the latest run any more. Typing its beginning is for the person: it cannot be done by a slip.
 */
export function ApprovalForm({
  run: { id, audience },
  hash,
  decided,
}: {
  readonly run: PushRun;
  readonly hash: string;
  readonly decided: (said: string) => void;
}) {
  const { by: known } = useCaller();
  const [by, setBy] = useState(known ?? '');
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState<'by' | 'hash'>();
  const start = hash.slice(0, ENOUGH);
  const sending = useDoing(async () => {
    const body = { hash, by: by.trim() };
    const { already, state } = await ask('POST /api/runs/{run}/approve', { params: { run: id }, body });
    decided(already ? `It was approved before and is ${state}; nothing more happened.` : 'Approved: it goes on now.');
  });
  const send = (): void => {
    const found = by.trim() === '' ? 'by' : beginsWith(hash, typed.trim()) ? undefined : 'hash';
    setWrong(found);
    if (found === undefined) sending.start();
    else document.getElementById(`approve-${found}`)?.focus();
  };
  return (
    <>
      <p class="quiet">It goes on with exactly this plan, and sends whoever of it is still wanted.</p>
      <form
        class="approve"
        noValidate
        onSubmit={(submission) => {
          submission.preventDefault();
          send();
        }}
      >
        {known === null && (
          <Field
            id="approve-by"
            label="Your name, kept with the run"
            value={by}
            change={setBy}
            wrong={wrong === 'by'}
            fills="name"
          />
        )}
        <Field
          id="approve-hash"
          label={`The first ${ENOUGH} letters of the plan: ${start}`}
          value={typed}
          change={setTyped}
          wrong={wrong === 'hash'}
          verbatim
        />
        <button type="submit" aria-disabled={sending.busy}>
          Approve this plan
        </button>
        <p role="alert" class="bad">
          {wrong === 'by' && 'Say who approves it.'}
          {wrong === 'hash' && `Type ${start}, the beginning of the plan’s hash.`}
          {wrong === undefined && sending.problem !== undefined && (
            <>
              Not approved: {sending.problem.message}{' '}
              {sending.problem.code === 'push/plan-moved' && (
                <a href={to('/audiences/{audience}', { audience })}>Go to its latest run</a>
              )}
            </>
          )}
        </p>
      </form>
    </>
  );
}

function beginsWith(hash: string, typed: string): boolean {
  return typed.length >= ENOUGH && hash.startsWith(typed.toLowerCase());
}
