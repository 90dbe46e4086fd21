import type { InputHTMLAttributes } from 'preact';

/** An input with its label above it. */
export function Field({
  id,
  label,
  value,
  change,
  wrong = false,
  ...rest
}: {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly wrong?: boolean;
} & Omit<InputHTMLAttributes<HTMLInputElement>, 'id' | 'label' | 'value'>) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...rest}
        id={id}
        value={value}
        aria-invalid={wrong ? 'true' : undefined}
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
