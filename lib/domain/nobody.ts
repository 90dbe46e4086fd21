/** Values that stand for nobody, whatever the workspace says. */
const NOBODY = new Set([
  '-1',
  'null',
  'anonymous',
  'undefined',
  'none',
  'nil',
  'n/a',
  'test@test.com',
  'noreply@example.com',
]);
const ZEROS = /^[0-]*$/;

/** Whether an identifier value is one that programs write when they know nobody: `null`, `0`, `anonymous`. */
export function standsForNobody(value: string): boolean {
  const trimmed = value.trim();
  return ZEROS.test(trimmed) || NOBODY.has(trimmed.toLowerCase());
}
