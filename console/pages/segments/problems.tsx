import type { Problem } from '../../../lib/domain/segment-text.ts';

/** What is wrong with a text, line by line; pressing one goes there. */
export function Problems({
  problems,
  show,
}: {
  readonly problems: readonly Problem[];
  readonly show: (at: { readonly line: number; readonly column: number }) => void;
}) {
  return (
    <ul class="problems" id="yaml-problems" aria-live="polite" aria-label="Problems">
      {problems.map(({ line, column, code, found, expected, suggestion, severity = 'error' }) => (
        <li key={`${line} ${column} ${code} ${found}`} class={severity}>
          <button type="button" class="plain small" onClick={() => show({ line, column })}>
            {line}:{column}
          </button>
          <span class="words">
            <span class="hidden">{severity}: </span>
            found {found}, expected {expected}
            {suggestion !== undefined && (
              <>
                {' '}
                — did you mean <strong>{suggestion}</strong>?
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
