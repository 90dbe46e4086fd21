/** Conditions of Klaviyo's `filter` parameter; a comma between two means "and". */

export function all(...conditions: readonly (string | undefined)[]): string {
  return conditions.filter((one) => one !== undefined).join(',');
}

/** Instants are milliseconds; Klaviyo takes them in whole seconds, written plainly. */
export function compared(
  operator: 'greater-than' | 'greater-or-equal' | 'less-than',
  field: string,
  instant: number,
): string {
  return `${operator}(${field},${new Date(instant).toISOString().replace(/\.\d+Z$/, 'Z')})`;
}

export function equals(field: string, value: string): string {
  return `equals(${field},${JSON.stringify(value)})`;
}

export function any(field: string, values: readonly string[]): string {
  return `any(${field},${JSON.stringify(values)})`;
}
