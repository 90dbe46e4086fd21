import type { ConsentStatement } from './change.ts';
import { parseInstant } from './instant.ts';

/**
 * What holds for an address and a topic, out of everything ever stated about it, in any order:
 * the person's latest word decides; a company's later denial silences an earlier grant; a company's grant never
 * overrules a person's denial; where nothing clear was said the answer is no. Equal times: the denial holds.
 */
export function effectiveConsent(statements: readonly ConsentStatement[], address: string, topic: string): boolean {
  return decisiveStatement(statements, address, topic)?.state === 'granted';
}

/** The statement that decides, for receipts: who said it, where and when. Undefined when nothing was said. */
export function decisiveStatement(
  statements: readonly ConsentStatement[],
  address: string,
  topic: string,
): ConsentStatement | undefined {
  let person: ConsentStatement | undefined;
  let company: ConsentStatement | undefined;
  for (const statement of statements) {
    if (statement.address !== address || statement.topic !== topic) continue;
    if (statement.by === 'person') person = later(person, statement);
    else company = later(company, statement);
  }
  if (person === undefined) return company;
  if (company === undefined || person.state === 'denied' || company.state === 'granted') return person;
  return timeOf(company) >= timeOf(person) ? company : person;
}

/** True when `channel` is on for at least one of the addresses: the addresses it is on for, in the order given. */
export function subscribedAddresses(
  statements: readonly ConsentStatement[],
  addresses: readonly string[],
  channel: string,
): string[] {
  return addresses.filter((address) => effectiveConsent(statements, address, channel));
}

function later(a: ConsentStatement | undefined, b: ConsentStatement): ConsentStatement {
  if (a === undefined) return b;
  const difference = timeOf(a) - timeOf(b);
  if (difference !== 0) return difference > 0 ? a : b;
  if (a.state !== b.state) return a.state === 'denied' ? a : b;
  return a.source <= b.source ? a : b;
}

function timeOf(statement: ConsentStatement): number {
  return parseInstant(statement.at) ?? 0;
}
