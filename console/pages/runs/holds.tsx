import type { Hold } from '../../../lib/domain/guardrails.ts';
import type { PushRun } from '../../../lib/pipeline/push/push-run.ts';
import { to } from '../../app/addresses.ts';
import type { Alert } from '../../app/answers.ts';
import { Badge } from '../../parts/badge.tsx';
import { Moment } from '../../parts/moment.tsx';
import { guardWords } from '../../parts/words.ts';

/** Why a run is held, or would be: the guard, what was found beside what is allowed, and what to do. */
export function HoldList({ holds }: { readonly holds: readonly Hold[] }) {
  return (
    <ul class="holds">
      {holds.map(({ guard, says, todo }) => (
        <li key={guard}>
          <p>
            <strong>{guardWords(guard)}</strong> <code class="quiet">{guard}</code>
          </p>
          <p>{says}.</p>
          <p class="quiet">What to do: {todo}.</p>
        </li>
      ))}
    </ul>
  );
}

/** A held run: of which audience, since when, why, and where to decide. */
export function HeldRun({ run, alerts }: { readonly run: PushRun; readonly alerts: readonly Alert[] }) {
  const { id, audience, startedAt, holds = [] } = run;
  // Its alert knows when it was held: it may have waited for its sources before.
  const since = alerts.find((alert) => alert.run === id)?.since ?? startedAt;
  return (
    <div class="held-run">
      <h3>
        <Badge>held</Badge>
        <a href={to('/audiences/{audience}', { audience })}>{audience}</a>
        <span class="quiet">
          since <Moment at={since} />, before its first call
        </span>
      </h3>
      <HoldList holds={holds} />
      <p>
        <a href={to('/runs/{run}', { run: id })} class="button">
          Look at the plan and decide
        </a>
      </p>
    </div>
  );
}
