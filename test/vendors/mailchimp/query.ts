import { problems } from './problem.ts';

/** Pages are 10 long unless asked for; more than 1000 gives 1000 without a word. */
export function pageOf(query: URLSearchParams): { readonly offset: number; readonly count: number } {
  const count = numberAt(query, 'count') ?? 10;
  return { offset: numberAt(query, 'offset') ?? 0, count: Math.min(count, 1000) };
}

/**
 * An ISO 8601 instant in milliseconds; fractions are ignored (brandonseydel/MailChimp.Net#525). A `+` that was not
 * encoded arrives as a space and is refused.
 */
export function instantAt(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const at = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(at)) {
    throw problems.invalid('The resource submitted could not be validated.', [
      { field: name, message: 'Invalid date format' },
    ]);
  }
  return Math.floor(at / 1000) * 1000;
}

/** One of the values that the reference lists for a parameter. */
export function choiceAt<T extends string>(query: URLSearchParams, name: string, choices: readonly T[]): T | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const choice = choices.find((one) => one === text);
  if (choice !== undefined) return choice;
  throw problems.invalid('The resource submitted could not be validated.', [
    { field: name, message: `Value must be one of: ${choices.join(', ')}` },
  ]);
}

function numberAt(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw problems.invalid('The resource submitted could not be validated.', [
    { field: name, message: 'Value must be a non-negative integer' },
  ]);
}
