import { type ComponentChildren, createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Answers } from './answers.ts';
import type { Operation } from './ask.ts';

type Caller = Answers['GET /api/me'];

const Context = createContext<Caller | undefined>(undefined);

/** Lets every page know who looks at it and what they may do. */
export function CallerProvider({
  caller,
  children,
}: {
  readonly caller: Caller;
  readonly children: ComponentChildren;
}) {
  return <Context.Provider value={caller}>{children}</Context.Provider>;
}

/** Who looks at the page; pages are shown when it was read. */
export function useCaller(): Caller {
  const caller = useContext(Context);
  if (caller === undefined) throw new TypeError('a page is shown to nobody');
  return caller;
}

/** Shows what starts an operation to whoever may do it; others see `otherwise`. The API is who refuses. */
export function Allowed({
  to,
  otherwise,
  children,
}: {
  readonly to: Operation;
  readonly otherwise?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  return <>{useCaller().may.includes(to) ? children : otherwise}</>;
}
