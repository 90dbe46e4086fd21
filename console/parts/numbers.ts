/** A whole number as it is read: 12,345. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** 0 to 1 as a percentage, rounded up: a share of something that may run out. */
export function percentUp(share: number): string {
  return `${Math.ceil(Number((share * 1_000).toFixed(6))) / 10} %`;
}

/** 0 to 1 as a percentage to one decimal. */
export function percent(share: number): string {
  return `${(Math.round(share * 1_000) / 10).toLocaleString('en-US')} %`;
}

/** A number with its sign, as a change is read. */
export function change(value: number): string {
  return value > 0 ? `+${count(value)}` : value < 0 ? `−${count(-value)}` : '±0';
}
