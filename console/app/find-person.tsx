import { useState } from 'preact/hooks';
import { Refusal } from '../parts/shown.tsx';
import { ask } from './ask.ts';
import { useDoing } from './doing.ts';

/**
 * Finds a person by an identifier and goes to their page. The address then holds the profile's id, so that nobody's
 * e-mail address stays in the browser's history.
 */
export function FindPerson() {
  const [text, setText] = useState('');
  const finding = useDoing(async (asked: string) => {
    const { id } = await ask('GET /api/people/{person}', { params: { person: asked } });
    location.hash = `/people/${encodeURIComponent(id)}`;
    setText('');
  });
  return (
    <search>
      <form
        class="find"
        onSubmit={(submission) => {
          submission.preventDefault();
          if (text.trim() !== '') finding.start(text.trim());
        }}
      >
        <label class="hidden" for="find-person">
          Find a person
        </label>
        <input
          id="find-person"
          type="search"
          autoComplete="off"
          spellcheck={false}
          placeholder="Find a person: e-mail, +phone, id, type=value"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <button type="submit" aria-disabled={finding.busy}>
          Find
        </button>
      </form>
      <Refusal problem={finding.problem} />
    </search>
  );
}
