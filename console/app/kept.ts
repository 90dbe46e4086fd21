/** The latest answers by question: a page that was there is there at once, and is then read again. */
const latest = new Map<string, unknown>();
const MOST_KEPT = 60;

export function keptAnswer<Answer>(question: string): { readonly value?: Answer } {
  return latest.has(question) ? { value: latest.get(question) as Answer } : {};
}

export function keepAnswer(question: string, value: unknown): void {
  latest.delete(question);
  latest.set(question, value);
  const oldest = latest.keys().next().value;
  if (latest.size > MOST_KEPT && oldest !== undefined) latest.delete(oldest);
}

/** Something was done: no answer from before it is shown any more. */
export function forgetAnswers(): void {
  latest.clear();
}
