import type { PushPlan } from '../../../lib/domain/push.ts';
import { ReasonList } from '../../parts/counts.tsx';
import { Facts, Figures } from '../../parts/facts.tsx';
import { Moment } from '../../parts/moment.tsx';
import { count, percentUp } from '../../parts/numbers.ts';

/** What a push would do, in numbers. */
export function Plan({ plan }: { readonly plan: PushPlan }) {
  const { add, remove, unchanged, size, blocked, removedBecause, countedAt, calls, quota, minutes, hash } = plan;
  return (
    <>
      <Figures
        rows={[
          [count(add), 'would be added'],
          [count(remove), 'would be removed'],
          [count(unchanged), `of ${count(size)} stay`],
          [count(sum(blocked)), 'of the segment not sent'],
        ]}
      />
      <Facts
        rows={[
          [
            'Not sent, because',
            <>
              <ReasonList counts={blocked} none="Nobody of the segment is left out." />
              {countedAt !== undefined && (
                <p class="quiet">
                  Counted <Moment at={countedAt} />.
                </p>
              )}
            </>,
          ],
          remove === 0
            ? undefined
            : ['Removed, because', <ReasonList key="because" counts={removedBecause} none="not known" />],
          ['Calls to the tool', count(calls)],
          ['Of the day’s quota', quota === null ? <QuotaUnknown /> : percentUp(quota)],
          ['Expected to take', duration(calls, minutes)],
          [
            'Plan',
            <code key="hash" class="hash">
              {hash}
            </code>,
          ],
        ]}
      />
    </>
  );
}

function QuotaUnknown() {
  return (
    <>
      not known <p class="quiet">Set requests_per_day in the connection to see it.</p>
    </>
  );
}

function duration(calls: number, minutes: number): string {
  if (calls === 0) return 'no time: there is nothing to send';
  return minutes <= 1 ? 'up to a minute' : `${count(minutes)} minutes`;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, one) => total + one, 0);
}
