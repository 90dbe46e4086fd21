import { useState } from 'preact/hooks';
import type { Proposal } from '../../../lib/domain/review/proposal.ts';
import type { Review } from '../../../lib/domain/review/review.ts';
import { ask } from '../../app/ask.ts';
import { Allowed } from '../../app/caller.tsx';
import { useAnswer } from '../../app/reading.ts';
import { Badge, type Tone } from '../../parts/badge.tsx';
import { DoButton } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { JobStanding } from '../../parts/job.tsx';
import { Moment } from '../../parts/moment.tsx';
import { count, percent } from '../../parts/numbers.ts';
import { Shown } from '../../parts/shown.tsx';

const TONES: Readonly<Record<Proposal, Tone>> = {
  keep: 'good',
  split: 'busy',
  merge: 'busy',
  fix: 'busy',
  retire: 'bad',
};

/** Reviews of a segment, newest first, and asking for one now. */
export function Reviews({ segment }: { readonly segment: string }) {
  const reading = useAnswer('GET /api/segments/{segment}/reviews', { params: { segment }, query: { most: 10 } });
  const [job, setJob] = useState<string>();
  return (
    <Card title="Reviews" wide>
      <Shown of={reading}>
        {(reviews) =>
          reviews.length === 0 ? (
            <p class="quiet">It was never reviewed.</p>
          ) : (
            <ul class="reviews">
              {reviews.map((review, index) => (
                <li key={review.at}>
                  <details open={index === 0}>
                    <summary>
                      <Badge tone={TONES[review.proposal]}>{review.proposal}</Badge> <Moment at={review.at} />{' '}
                      <span class="quiet">
                        {count(review.size.now)} members
                        {review.size.change !== null && `, ${changeWords(review.size.change)}`}
                      </span>
                    </summary>
                    <Found review={review} />
                  </details>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      <Allowed to="POST /api/segments/{segment}/reviews">
        <div class="actions">
          <DoButton
            kind="plain"
            does={async () => {
              setJob((await ask('POST /api/segments/{segment}/reviews', { params: { segment }, body: {} })).id);
            }}
          >
            Review it now
          </DoButton>
        </div>
      </Allowed>
      {job !== undefined && (
        <JobStanding
          key={job}
          job={job}
          running="Everybody is counted for it…"
          ended={() => <p>It is reviewed.</p>}
          whenEnded={reading.again}
        />
      )}
    </Card>
  );
}

function Found({ review: { reasons, leaves, coverage, movement } }: { readonly review: Review }) {
  return (
    <ul class="lines">
      {reasons.map(({ code, says }) => (
        <li key={code}>{says}</li>
      ))}
      {movement.churn !== null && movement.days > 0 && (
        <li>
          {percent(movement.churn)} of its people left in {movement.days} days
        </li>
      )}
      {leaves
        .filter(({ letsIn, keepsOut }) => letsIn + keepsOut > 0)
        .map(({ path, leaf, letsIn, keepsOut }) => (
          <li key={path}>
            “{leaf}” alone {letsIn > 0 ? `lets ${count(letsIn)} in` : `keeps ${count(keepsOut)} out`}
          </li>
        ))}
      {coverage.map(({ trait, members, everybody }) => (
        <li key={trait}>
          {trait} is known of {count(everybody)} people, {count(members)} of them members
        </li>
      ))}
    </ul>
  );
}

function changeWords(change: number): string {
  return `${change >= 0 ? '+' : '−'}${percent(Math.abs(change))}`;
}
