import { useState } from 'preact/hooks';
import type { Mark } from '../../../lib/pipeline/review/team-words.ts';
import { ask } from '../../app/ask.ts';
import { Allowed, useCaller } from '../../app/caller.tsx';
import { useDoing } from '../../app/doing.ts';
import { useAnswer } from '../../app/reading.ts';
import { Card } from '../../parts/card.tsx';
import { Field } from '../../parts/field.tsx';
import { count } from '../../parts/numbers.ts';
import { Refusal, Shown } from '../../parts/shown.tsx';

const OFFERED = 5;

/** A random sample of members, to be marked as rightly or wrongly in the segment: how accurate its rules are. */
export function Accuracy({ segment }: { readonly segment: string }) {
  const params = { segment };
  const reading = useAnswer('GET /api/segments/{segment}/samples', { params, query: { most: OFFERED } });
  const { by: known } = useCaller();
  const [by, setBy] = useState(known ?? '');
  const marking = useDoing(async (profile: string, mark: Mark['mark']) => {
    await ask('POST /api/segments/{segment}/samples', { params, body: { profile, mark, by: by.trim() } });
    reading.again();
  });
  const named = by.trim() !== '';
  return (
    <Card title="Is it right?" note="a random sample, marked by the team">
      <Shown of={reading}>
        {({ marks, next }) => {
          const right = marks.filter(({ mark }) => mark === 'right').length;
          return (
            <>
              <p>
                {marks.length === 0
                  ? 'Nobody has looked yet.'
                  : `${count(right)} of ${count(marks.length)} people who were looked at are rightly in it.`}
              </p>
              <Allowed to="POST /api/segments/{segment}/samples">
                {next.length > 0 && (
                  <>
                    {known === null && (
                      <Field
                        id="mark-by"
                        label="Your name, kept with each mark"
                        value={by}
                        change={setBy}
                        fills="name"
                      />
                    )}
                    <ul class="marks">
                      {next.map((profile) => (
                        <li key={profile}>
                          <a href={`#/people/${encodeURIComponent(profile)}`}>{profile}</a>
                          <span class="actions">
                            {(['right', 'wrong'] as const).map((mark) => (
                              <button
                                key={mark}
                                type="button"
                                class="plain small"
                                aria-label={`${profile} is ${mark}`}
                                aria-disabled={!named || marking.busy}
                                onClick={() => named && marking.start(profile, mark)}
                              >
                                {mark}
                              </button>
                            ))}
                          </span>
                        </li>
                      ))}
                    </ul>
                  </>
                )}
              </Allowed>
              <Refusal problem={marking.problem} />
            </>
          );
        }}
      </Shown>
    </Card>
  );
}
