/** An input for text with its label above it. */
export function Field({
  id,
  label,
  value,
  change,
  wrong = false,
  verbatim = false,
  fills = 'off',
}: {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly wrong?: boolean;
  /** Letters that mean something by themselves, such as a hash: nothing corrects them. */
  readonly verbatim?: boolean;
  /** What the browser may fill in. */
  readonly fills?: 'off' | 'name';
}) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class={verbatim ? 'hash' : ''}
        value={value}
        maxLength={100}
        autoComplete={fills}
        autoCapitalize={verbatim ? 'off' : 'sentences'}
        spellcheck={!verbatim}
        aria-invalid={wrong}
        onInput={({ currentTarget }) => change(currentTarget.value)}
      />
    </div>
  );
}

/** A choice with its label above it. */
export function Choice({
  id,
  label,
  value,
  change,
  options,
}: {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly options: readonly (readonly [value: string, words: string])[];
}) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={({ currentTarget }) => change(currentTarget.value)}>
        {options.map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}
