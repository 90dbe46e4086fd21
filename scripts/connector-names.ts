/** What a new connector shall have. */
export interface Asked {
  readonly id: string;
  readonly title: string;
  readonly streams: readonly string[];
  readonly webhook: boolean;
  readonly audiences: boolean;
}

/** An id as the name of a constant: `acme-mail` → `acmeMail`. */
export function camel(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** The same as the name of a type. */
export function pascal(name: string): string {
  const text = camel(name);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
