import { type ComponentChildren, createRef } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { DoButton } from './button.tsx';

/** A button that asks before it does what has consequences: its question, then what is done, then the way back. */
export function ConfirmButton({
  children,
  question,
  does,
  yes,
}: {
  readonly children: ComponentChildren;
  readonly question: ComponentChildren;
  readonly does: () => Promise<void>;
  readonly yes: string;
}) {
  const [asking, setAsking] = useState(false);
  const box = createRef<HTMLDivElement>();
  useEffect(() => {
    if (asking) box.current?.focus();
  }, [asking]);
  if (!asking) {
    return (
      <button type="button" class="plain" onClick={() => setAsking(true)}>
        {children}
      </button>
    );
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields, and there are none.
    <div ref={box} class="confirm" role="group" aria-label={yes} tabIndex={-1}>
      <p>{question}</p>
      <div class="asked">
        <DoButton
          kind="danger"
          does={async () => {
            await does();
            setAsking(false);
          }}
        >
          {yes}
        </DoButton>
        <button type="button" class="plain" onClick={() => setAsking(false)}>
          Leave it as it is
        </button>
      </div>
    </div>
  );
}
