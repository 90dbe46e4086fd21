import { useState } from 'preact/hooks';
import { to } from '../../app/addresses.ts';
import { Field } from '../../parts/field.tsx';

const ID = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Asks what a new segment is called, and goes to where it is written. */
export function NewSegment() {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [wrong, setWrong] = useState(false);
  if (!open) {
    return (
      <button type="button" onClick={() => setOpen(true)}>
        New segment
      </button>
    );
  }
  return (
    <form
      class="asked"
      noValidate
      onSubmit={(submission) => {
        submission.preventDefault();
        setWrong(!ID.test(name));
        if (ID.test(name)) location.hash = to('/segments/{segment}/edit', { segment: name });
      }}
    >
      <Field
        id="new-segment"
        label="Its name: small letters, digits and -"
        value={name}
        change={setName}
        wrong={wrong}
      />
      <button type="submit">Write it</button>
    </form>
  );
}
