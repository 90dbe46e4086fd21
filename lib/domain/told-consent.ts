import { canonicalText } from './canonical.ts';
import type { ConsentStatement } from './change.ts';
import { addressIdentifier, normaliseIdentifier, phoneWithin } from './identifier.ts';
import { formatInstant, isInstant, type Milliseconds, parseInstant } from './instant.ts';

/** Address and topic → when the record last told that consent is granted, in ms of source time. */
export type Grants = Readonly<Record<string, Milliseconds>>;

/** What a record told about consent, and what decides whether it still counts. */
interface ToldConsent {
  readonly consent: readonly ConsentStatement[];
  readonly granted?: Grants;
  readonly gone?: Milliseconds;
  readonly whole?: { readonly at: Milliseconds; readonly granted: readonly string[] };
}

/** How many statements of one kind, by one side, about one address and topic are kept; the newest. */
const STATEMENTS_KEPT = 10;

/**
 * The statements of a record that count. A denial counts for ever; a grant counts while the record tells it: once the
 * source has lost the record, or the whole record was read again without it, nobody can show the permission any more.
 */
export function standingConsent(record: ToldConsent): readonly ConsentStatement[] {
  const { gone = Number.NEGATIVE_INFINITY, whole, granted = {}, consent } = record;
  if (record.gone === undefined && whole === undefined) return consent;
  return consent.filter((statement) => {
    if (statement.state === 'denied') return true;
    if (record.gone !== undefined && (granted[addressTopic(statement)] ?? Number.NEGATIVE_INFINITY) <= gone)
      return false;
    if (whole === undefined || (parseInstant(statement.at) ?? 0) > whole.at) return true;
    return whole.granted.includes(canonicalText(statement));
  });
}

/** Whether two states of a record tell the same about consent, as far as it counts. */
export function sameConsent(a: ToldConsent, b: ToldConsent): boolean {
  const same = a.consent === b.consent && a.granted === b.granted && a.gone === b.gone && a.whole === b.whole;
  return same || canonicalText(standingConsent(a)) === canonicalText(standingConsent(b));
}

/**
 * Brings the address of a statement to the form in which consent is compared; undefined when it is none. A refusal counts
 * for the number that stands in the text whatever is around it, such as an extension: unclear is no.
 */
function normaliseAddress({ address, state }: ConsentStatement, country?: string): string | undefined {
  const raw = addressIdentifier(address);
  const normalised = normaliseIdentifier(raw, country === undefined ? {} : { country });
  if (normalised.ok) return normalised.identifier.value;
  return state === 'denied' && raw.type === 'phone' ? phoneWithin(address, country) : undefined;
}

/** Statements whose address and time can be read, in the form in which they are compared. */
export function normaliseConsent(stated: readonly ConsentStatement[], country: string | undefined): ConsentStatement[] {
  return stated.flatMap((raw) => {
    const address = normaliseAddress(raw, country);
    const at = parseInstant(raw.at);
    if (address === undefined || at === undefined) return [];
    return [{ ...raw, address, at: isInstant(raw.at) ? raw.at : formatInstant(at) }];
  });
}

/**
 * Adds statements; the newest of each kind are kept, so that no number of grants ever pushes a denial out. The same list
 * comes back when nothing is new.
 */
export function keepConsent(
  held: readonly ConsentStatement[],
  stated: readonly ConsentStatement[],
): readonly ConsentStatement[] {
  if (stated.length === 0) return held;
  if (held.length === 0 && stated.length === 1) return stated;
  const statements = new Map(held.map((item) => [canonicalText(item), item]));
  for (const statement of stated) {
    const key = canonicalText(statement);
    if (!statements.has(key)) statements.set(key, statement);
  }
  if (statements.size === held.length) return held;
  const counts = new Map<string, number>();
  const kept = [...statements].sort(([a, x], [b, y]) => (x.at === y.at ? (a < b ? -1 : 1) : x.at > y.at ? -1 : 1));
  const newest = kept
    .filter(([, statement]) => {
      const about = `${addressTopic(statement)}\n${statement.by}\n${statement.state}`;
      const count = (counts.get(about) ?? 0) + 1;
      counts.set(about, count);
      return count <= STATEMENTS_KEPT;
    })
    .map(([, statement]) => statement);
  return newest.length === held.length && newest.every((one, at) => one === held[at]) ? held : newest;
}

/** Notes when a record last told a grant; the same object comes back when it tells nothing new. */
export function tellGrants(
  held: Grants | undefined,
  stated: readonly ConsentStatement[],
  at: Milliseconds,
): Grants | undefined {
  let granted: Record<string, Milliseconds> | undefined;
  for (const statement of stated) {
    const key = addressTopic(statement);
    if (statement.state !== 'granted' || ((granted ?? held)?.[key] ?? Number.NEGATIVE_INFINITY) >= at) continue;
    granted ??= { ...held };
    granted[key] = at;
  }
  return granted ?? held;
}

/** What a statement is about, as one text. */
function addressTopic({ address, topic }: ConsentStatement): string {
  return `${address}\n${topic}`;
}
