import type { ComponentChildren } from 'preact';
import { useDoing } from '../app/doing.ts';
import { Refusal } from './shown.tsx';

/** A button that does something, cannot be pressed again until that is done, and says what refused it. */
export function DoButton({
  does,
  children,
  kind = 'plain',
}: {
  readonly does: () => Promise<void>;
  readonly children: ComponentChildren;
  /** `main`: what one came to do. `danger`: what cannot be taken back. */
  readonly kind?: 'plain' | 'main' | 'danger';
}) {
  const { busy, problem, start } = useDoing(does);
  return (
    <>
      <button type="button" class={kind} aria-disabled={busy} onClick={() => start()}>
        {children}
      </button>
      <Refusal problem={problem} />
    </>
  );
}
