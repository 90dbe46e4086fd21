import { useDoing } from './doing.ts';
import { useAnswer } from './reading.ts';
import { signedIn, signOut } from './session.ts';

/** Who is signed in and what they may do, with the way out. Whoever came by a link is nobody in person. */
export function SignedIn() {
  return signedIn() ? <Person /> : undefined;
}

function Person() {
  const me = useAnswer('GET /api/me');
  const out = useDoing(signOut);
  return (
    <span>
      {me.value !== undefined && `; you are ${me.value.by ?? 'a program'}, ${me.value.role}. `}
      <button type="button" class="plain" disabled={out.busy} onClick={() => out.start()}>
        Sign out
      </button>
    </span>
  );
}
