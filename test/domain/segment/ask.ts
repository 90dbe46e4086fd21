import { openCatalogue } from '../../../lib/domain/facet/catalogue.ts';
import { openTraitReader } from '../../../lib/domain/facet/read-trait.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { compile } from '../../../lib/domain/segment/compile.ts';
import { evaluateDocument, readDocument } from '../../../lib/domain/segment/document.ts';
import type { Condition } from '../../../lib/domain/segment.ts';

/** Traits as a workspace reads them that says nothing of its own. */
export const readTrait = openTraitReader({ catalogue: openCatalogue(), countries: {} });

/** The instant of every question that names no other. */
export const NOW = '2026-11-21T12:00:00.000Z';

/** Member and flip of one condition for one person. */
export function ask(when: Json, profile: Json, now = NOW): { member: boolean; flips_at: string | null } {
  const program = compile([{ segment: 'asked', when: when as Condition }], { timezone: 'Europe/Berlin' });
  const read = readDocument(profile, readTrait);
  if (!read.ok) throw new Error(read.reason);
  const { member, flips_at } = evaluateDocument(program, read.document, Date.parse(now));
  return { member, flips_at };
}

/** A person who bought at these instants. */
export function did(...done: readonly (readonly [at: string, properties?: Json])[]): Json {
  return { activities: done.map(([at, properties = {}]) => ({ name: 'Bought', at, properties })) };
}

export function holdsFor(leaf: Json, profile: Json): boolean {
  return ask(leaf, profile).member;
}
