import { useState } from 'preact/hooks';
import { ask } from '../../app/ask.ts';
import { Allowed, useCaller } from '../../app/caller.tsx';
import { useDoing } from '../../app/doing.ts';
import { useAnswer } from '../../app/reading.ts';
import { Card } from '../../parts/card.tsx';
import { Field } from '../../parts/field.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Refusal, Shown } from '../../parts/shown.tsx';

/** What the team says of a segment, and a word of one's own. */
export function Comments({ segment }: { readonly segment: string }) {
  const params = { segment };
  const reading = useAnswer('GET /api/segments/{segment}/comments', { params });
  const { by: known } = useCaller();
  const [by, setBy] = useState(known ?? '');
  const [text, setText] = useState('');
  const writing = useDoing(async () => {
    await ask('POST /api/segments/{segment}/comments', { params, body: { by: by.trim(), text: text.trim() } });
    setText('');
    reading.again();
  });
  const ready = by.trim() !== '' && text.trim() !== '';
  return (
    <Card title="Comments" note="of the team; say nothing here of a person">
      <Shown of={reading}>
        {(comments) =>
          comments.length === 0 ? (
            <p class="quiet">None yet.</p>
          ) : (
            <ul class="comments">
              {comments.map((one) => (
                <li key={`${one.at} ${one.by}`}>
                  <p>{one.text}</p>
                  <p class="quiet">
                    {one.by}, <Moment at={one.at} />
                  </p>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      <Allowed to="POST /api/segments/{segment}/comments">
        <form
          class="form"
          onSubmit={(submission) => {
            submission.preventDefault();
            if (ready) writing.start();
          }}
        >
          <div class="field">
            <label for="comment-text">Comment</label>
            <textarea
              id="comment-text"
              rows={3}
              maxLength={2_000}
              value={text}
              onInput={({ currentTarget }) => setText(currentTarget.value)}
            />
          </div>
          {known === null && (
            <Field id="comment-by" label="Your name, kept with it" value={by} change={setBy} fills="name" />
          )}
          <button type="submit" class="plain" aria-disabled={writing.busy || !ready}>
            Say it
          </button>
          <Refusal problem={writing.problem} />
        </form>
      </Allowed>
    </Card>
  );
}
