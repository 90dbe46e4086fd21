import { useState } from 'preact/hooks';
import type { Plan } from '../../../lib/pipeline/define/compose-plan.ts';
import { to } from '../../app/addresses.ts';
import { ask } from '../../app/ask.ts';
import { Allowed, useCaller } from '../../app/caller.tsx';
import { useDoing } from '../../app/doing.ts';
import { DoButton } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { Field } from '../../parts/field.tsx';
import { JobStanding } from '../../parts/job.tsx';
import { Refusal } from '../../parts/shown.tsx';
import { PlanShown } from './plan-shown.tsx';

/** Plans an edit, shows what it would change for segments and lists, and publishes it. */
export function Publish({
  segment,
  form,
  yaml,
  done,
}: {
  readonly segment: string;
  readonly form: string | undefined;
  /** Undefined: it differs in nothing, or cannot be published as it is. */
  readonly yaml: string | undefined;
  readonly done: () => void;
}) {
  const [planned, setPlanned] = useState<{ readonly job: string; readonly of: string }>();
  const making = useDoing(async (text: string) => {
    const { id } = await ask('POST /api/segments/{segment}/edits', { params: { segment }, body: { yaml: text }, form });
    setPlanned({ job: id, of: text });
  });
  return (
    <Card title="Publish" note="everybody is counted first, and nothing is changed by that" wide>
      {yaml === undefined ? (
        <p class="quiet">There is nothing to publish: the text says what is published, or has an error.</p>
      ) : (
        <button type="button" aria-disabled={making.busy} onClick={() => making.start(yaml)}>
          Show what publishing would change
        </button>
      )}
      <Refusal problem={making.problem}>
        {making.problem?.status === 412 && (
          <button type="button" class="plain small" onClick={done}>
            Read it again
          </button>
        )}
      </Refusal>
      {planned !== undefined && planned.of === yaml && <PlanStanding key={planned.job} job={planned.job} done={done} />}
    </Card>
  );
}

/** Removes a segment, by the same way. */
export function Remove({ segment, form }: { readonly segment: string; readonly form: string }) {
  const [job, setJob] = useState<string>();
  return (
    <Card title="Remove" note="its members leave it, with a line of history" wide>
      <DoButton
        kind="danger"
        does={async () => {
          const body = { remove: true };
          setJob((await ask('POST /api/segments/{segment}/edits', { params: { segment }, body, form })).id);
        }}
      >
        Show what removing it would change
      </DoButton>
      {job !== undefined && (
        <PlanStanding
          key={job}
          job={job}
          done={() => {
            location.hash = to('/segments');
          }}
        />
      )}
    </Card>
  );
}

function PlanStanding({ job, done }: { readonly job: string; readonly done: () => void }) {
  return (
    <JobStanding
      job={job}
      running="Everybody is counted…"
      ended={(found) => {
        const { plan } = found as unknown as { readonly plan: Plan };
        return (
          <>
            <PlanShown plan={plan} />
            <Allowed
              to="POST /api/apply"
              otherwise={<p class="quiet">Publishing it is for approvers: give them the downloaded file.</p>}
            >
              <ApplyForm plan={plan} done={done} />
            </Allowed>
          </>
        );
      }}
    />
  );
}

function ApplyForm({ plan, done }: { readonly plan: Plan; readonly done: () => void }) {
  const { by: known } = useCaller();
  const [by, setBy] = useState(known ?? '');
  const [job, setJob] = useState<string>();
  const applying = useDoing(async () => {
    setJob((await ask('POST /api/apply', { body: { plan: plan.hash, by: by.trim() } })).id);
  });
  if (job !== undefined) {
    return (
      <>
        <p role="status" class="good">
          Published. Everybody is decided by it now, one by one. In git, put the downloaded file in its place: a plan of
          the folder shows no difference then.
        </p>
        <div class="actions">
          <button type="button" class="plain" onClick={done}>
            Done
          </button>
        </div>
      </>
    );
  }
  const ready = by.trim() !== '';
  return (
    <form
      class="form"
      onSubmit={(submission) => {
        submission.preventDefault();
        if (ready) applying.start();
      }}
    >
      {known === null && (
        <Field id="publish-by" label="Your name, kept with the version" value={by} change={setBy} fills="name" />
      )}
      <button type="submit" aria-disabled={applying.busy || !ready}>
        Publish exactly this
      </button>
      <Refusal problem={applying.problem} />
    </form>
  );
}
