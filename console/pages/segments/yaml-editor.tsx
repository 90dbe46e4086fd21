import { useEffect, useRef } from 'preact/hooks';
import type { Problem } from '../../../lib/domain/segment-text.ts';

/** A text with its line numbers; lines with problems are marked. Tab leaves it, as it leaves every other field. */
export function YamlEditor({
  value,
  change,
  problems,
  caret,
  label,
}: {
  readonly value: string;
  readonly change: (value: string) => void;
  readonly problems: readonly Problem[];
  /** Where to put the caret, when it changes. */
  readonly caret: { readonly line: number; readonly column: number } | undefined;
  readonly label: string;
}) {
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const lines = value.split('\n');
  const worst = new Map<number, 'error' | 'warning'>();
  for (const { line, severity = 'error' } of problems) {
    if (worst.get(line) !== 'error') worst.set(line, severity);
  }
  useEffect(() => {
    if (caret === undefined || area.current === null) return;
    const at = offsetOf(value, caret);
    area.current.focus();
    area.current.setSelectionRange(at, at);
  }, [caret]);
  return (
    <div class="editor">
      <div class="gutter" ref={gutter} aria-hidden="true">
        {lines.map((_, index) => (
          <span key={index} class={worst.get(index + 1)}>
            {index + 1}
          </span>
        ))}
      </div>
      <textarea
        ref={area}
        aria-label={label}
        aria-invalid={[...worst.values()].includes('error') ? 'true' : undefined}
        aria-describedby="yaml-problems"
        spellcheck={false}
        autoCapitalize="off"
        autoComplete="off"
        wrap="off"
        rows={Math.min(40, Math.max(12, lines.length + 1))}
        value={value}
        onInput={({ currentTarget }) => change(currentTarget.value)}
        onScroll={({ currentTarget }) => {
          if (gutter.current !== null) gutter.current.scrollTop = currentTarget.scrollTop;
        }}
      />
    </div>
  );
}

function offsetOf(text: string, { line, column }: { readonly line: number; readonly column: number }): number {
  const before = text.split('\n').slice(0, line - 1);
  return before.reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
}
