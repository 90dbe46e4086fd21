import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

/** A part of a page with a heading. */
export function Card({
  title,
  note,
  tone,
  wide,
  children,
}: {
  readonly title: string;
  readonly note?: ComponentChildren;
  /** `alarm`: somebody has to do something about it. */
  readonly tone?: 'alarm';
  /** Takes the whole width of the page. */
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}) {
  const id = useId();
  const classes = ['card', ...(tone === undefined ? [] : [tone]), ...(wide === true ? ['wide'] : [])];
  return (
    <section class={classes.join(' ')} aria-labelledby={id}>
      <div class="head">
        <h2 id={id}>{title}</h2>
        {note !== undefined && note !== '' && <span class="quiet">{note}</span>}
      </div>
      {children}
    </section>
  );
}

/** Cards beside each other; one under the other where the screen is narrow. */
export function Cards({ children }: { readonly children: ComponentChildren }) {
  return <div class="cards">{children}</div>;
}

/** Cards one under the other in one column of `Cards`. */
export function Stack({ children }: { readonly children: ComponentChildren }) {
  return <div class="stack">{children}</div>;
}
