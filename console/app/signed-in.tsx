import { useCaller } from './caller.tsx';
import { useDoing } from './doing.ts';
import { signedIn, signOut } from './session.ts';

/** Who is signed in and what they may do, with the way out. Whoever came by a link is nobody in person. */
export function SignedIn() {
  return signedIn() ? <Person /> : undefined;
}

function Person() {
  const { by, role } = useCaller();
  const out = useDoing(signOut);
  return (
    <span>
      {`; you are ${by ?? 'a program'}, ${role}. `}
      <button type="button" class="plain" disabled={out.busy} onClick={() => out.start()}>
        Sign out
      </button>
    </span>
  );
}
