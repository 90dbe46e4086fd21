/** A number as it is read: three significant digits, grouped, millions and milliards by their letters. */
export function say(value: number): string {
  const [size, letter] =
    Math.abs(value) >= 1e9 ? [1e9, ' G'] : Math.abs(value) >= 1e6 ? [1e6, ' M'] : ([1, ''] as const);
  return `${(value / size).toLocaleString('en-US', { maximumSignificantDigits: 3 })}${letter}`;
}

export function sayDollars(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: value < 0.1 ? 1 : 3 });
}

/** Seconds as people say them. */
export function sayTime(seconds: number): string {
  if (seconds < 120) return `${say(seconds)} s`;
  return seconds < 7_200 ? `${say(seconds / 60)} min` : `${say(seconds / 3_600)} h`;
}

export function sayBytes(bytes: number): string {
  const [size, letter] =
    bytes >= 1e12 ? [1e12, 'TB'] : bytes >= 1e9 ? [1e9, 'GB'] : bytes >= 1e6 ? [1e6, 'MB'] : [1_024, 'KB'];
  return `${say(bytes / (size as number))} ${letter}`;
}
