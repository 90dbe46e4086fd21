/** An amount as it is read: $1.40, and $0.0007 where two places would say nothing. */
export function dollars(amount: number): string {
  return `$${amount < 0.01 && amount > 0 ? amount.toPrecision(1) : amount.toFixed(2)}`;
}
