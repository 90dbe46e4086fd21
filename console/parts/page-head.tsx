import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

/** The heading of a page, which is also the title of the tab. */
export function PageHead({
  title,
  above,
  note,
  children,
}: {
  readonly title: string;
  /** Where the page belongs, to go back to. */
  readonly above?: { readonly title: string; readonly href: string };
  /** A few words beside or below the heading. */
  readonly note?: ComponentChildren;
  /** What can be done with the whole page. */
  readonly children?: ComponentChildren;
}) {
  useEffect(() => {
    document.title = title === 'Home' ? 'Tributary' : `${title} · Tributary`;
  }, [title]);
  return (
    <header class="page-head">
      <div>
        {above !== undefined && (
          <a class="above" href={above.href}>
            ← {above.title}
          </a>
        )}
        <h1>{title}</h1>
        {note !== undefined && <p class="quiet">{note}</p>}
      </div>
      {children !== undefined && <div class="actions">{children}</div>}
    </header>
  );
}
