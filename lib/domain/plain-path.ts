/** A path or URL without slashes at its end, which say nothing there. In time that grows with the text: no `/` is tried twice. */
export function plainPath(text: string): string {
  return text.replace(/(?<!\/)\/+$/, '');
}
