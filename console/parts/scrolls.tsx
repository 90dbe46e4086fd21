import type { ComponentChildren } from 'preact';

/** Something wider or longer than its place: it scrolls by itself, by the keyboard too. */
export function Scrolls({
  label,
  kind,
  children,
}: {
  /** What is inside, for whoever hears it. */
  readonly label: string;
  readonly kind: 'yaml' | 'difference' | 'scrolls';
  readonly children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard.
    <section class={kind} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
