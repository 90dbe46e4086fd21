import { canonicalText } from '../domain/canonical.ts';
import type { Change } from '../domain/change.ts';
import { TributaryError } from '../domain/errors.ts';
import { isJsonObject, type Json } from '../domain/json.ts';
import type { Mapping } from '../domain/mapping.ts';
import type {
  BatchResult,
  Echo,
  FieldDestination,
  Member,
  MembershipBatch,
  Outcome,
  Schema,
  Standing,
  Truth,
  Write,
} from './contract.ts';

/** A record of a person as the tool has it now, and what its field holds. */
export interface HeldField {
  readonly id: string;
  /** Undefined, null and an empty text are one: the field is empty. */
  readonly value: Json | undefined;
  /** The tool's word for why this record may not be written; it is left as it is by additions. */
  readonly refused?: string;
}

/** What differs between tools in keeping a field; `defineField` makes an audience's destination of it. */
export interface FieldSpec<Api, Target extends FieldTarget> {
  readonly target: Schema<Target>;
  readonly matchKeys: FieldDestination<Api>['matchKeys'];
  readonly batch: FieldDestination<Api>['batch'];
  fieldOf(target: Target): string;
  moreKeys?(target: Target): readonly string[];
  /** Requests that the client has sent so far. */
  calls(api: Api): number;
  /**
   * Asks the tool whether the field is there, may be written and can hold the value. Throws `config` with the field's name
   * and what to do. A tool that keeps no list of its fields has nothing to ask.
   */
  check(api: Api, target: Target): Promise<void>;
  /** The records that each member is, best first, each read now; whoever the tool does not know is left out. */
  read(api: Api, target: Target, members: readonly Member[]): Promise<ReadonlyMap<string, readonly HeldField[]>>;
  /**
   * Sets the field of these records, or empties it where `clear` says so, and settles each that the tool answered for: also
   * those before a request that fails.
   */
  write(
    api: Api,
    target: Target,
    ids: readonly string[],
    options: { readonly clear: boolean; readonly settle: (id: string, outcome: Outcome) => void },
  ): Promise<void>;
  /** What the ledger remembers that a record's field was written to; the same for `echoes`. */
  written(target: Target, id: string, value: Json): Write;
  /** What the field holds when it is empty, as streams bring it. Absent = null. */
  empty?(target: Target): Json;
  /** Pages of everybody whose field holds the value. */
  members(
    api: Api,
    target: Target,
    options: Parameters<NonNullable<Truth<Api>['members']>>[2],
  ): ReturnType<NonNullable<Truth<Api>['members']>>;
  /** How people stand where more than whether they are there is to be said. Absent = who can be read can be reached. */
  standing?: NonNullable<Truth<Api>['standing']>;
}

export interface FieldTarget {
  readonly value: string | number | boolean;
}

/**
 * A destination whose list is a field. Records are read before they are written: who holds the value already is
 * unchanged, and a value that somebody else has set meanwhile is not emptied.
 */
export function defineField<Api, Target extends FieldTarget>(spec: FieldSpec<Api, Target>): FieldDestination<Api> {
  const { moreKeys } = spec;
  /** The list's id is the target itself, so that another value is another list. */
  const find = async (api: Api, to: Json): Promise<{ remoteId: string }> => {
    const target = parsed(spec.target, to);
    await spec.check(api, target);
    return { remoteId: canonicalText(target) };
  };
  return {
    target: spec.target as unknown as Schema<Json>,
    matchKeys: spec.matchKeys,
    batch: spec.batch,
    canRemove: true,
    fieldOf: (to) => spec.fieldOf(parsed(spec.target, to)),
    // By what people are found makes no other list, and values are told apart as `holds` does.
    listOf: (to) => {
      const target = parsed(spec.target, to);
      return canonicalText([spec.fieldOf(target), String(target.value)]);
    },
    ...(moreKeys === undefined ? {} : { moreKeys: (to) => moreKeys(parsed(spec.target, to)) }),
    ensure: find,
    apply: (api, batch) => apply(spec, api, batch),
    truth: {
      // Nothing is ever made, so looking and finding are one; a field that is missing is the operator's to make.
      find,
      members: (api, remoteId, options) => spec.members(api, targetOf(spec, remoteId), options),
      standing: spec.standing ?? ((api, asked, remoteId) => standing(spec, api, asked, remoteId)),
    },
  };
}

async function apply<Api, Target extends FieldTarget>(
  spec: FieldSpec<Api, Target>,
  api: Api,
  { remoteId, op, members, notes }: MembershipBatch,
): Promise<BatchResult> {
  const before = spec.calls(api);
  const target = targetOf(spec, remoteId);
  const clear = op === 'remove';
  const held = await spec.read(api, target, members);
  const chosen = new Map<string, readonly HeldField[]>();
  for (const { memberId } of members) {
    const own = held.get(memberId) ?? [];
    // Whoever has several records gets the value on the best of them, and is freed of it on all.
    chosen.set(memberId, clear ? own.filter(({ value }) => holds(value, target.value)) : own.slice(0, 1));
  }
  const changing = new Map<string, string>();
  for (const [memberId, own] of chosen) {
    for (const { id, value, refused } of own) {
      if (clear || (refused === undefined && !holds(value, target.value))) changing.set(id, memberId);
    }
  }
  const settled = new Map<string, Outcome>();
  if (changing.size > 0) await write();
  const outcomes = new Map<string, Outcome>();
  for (const [memberId, own] of chosen) {
    const outcome = clear ? clearedOf(own, settled) : setOf(own[0], changing, settled);
    if (outcome !== undefined) outcomes.set(memberId, outcome);
  }
  return { state: 'done', outcomes, calls: spec.calls(api) - before };

  async function write(): Promise<void> {
    const value = clear ? (spec.empty?.(target) ?? null) : target.value;
    const writes = [...changing].map(([id, member]) => ({ ...spec.written(target, id, textOf(value)), member }));
    await notes?.asked(writes);
    const ids = [...changing.keys()];
    try {
      await spec.write(api, target, ids, { clear, settle: (id, outcome) => void settled.set(id, outcome) });
    } finally {
      await notes?.made(writes.filter((_, at) => settled.get(ids[at] ?? '')?.status === 'applied'));
    }
  }
}

async function standing<Api, Target extends FieldTarget>(
  spec: FieldSpec<Api, Target>,
  api: Api,
  asked: readonly Member[],
  remoteId: string,
): Promise<ReadonlyMap<string, Standing>> {
  const held = await spec.read(api, targetOf(spec, remoteId), asked);
  return new Map([...held].map(([memberId, [best]]) => [memberId, best?.refused ?? 'reachable']));
}

/** Undefined: the tool did not answer for the record. */
function setOf(
  best: HeldField | undefined,
  changing: ReadonlyMap<string, string>,
  settled: ReadonlyMap<string, Outcome>,
): Outcome | undefined {
  if (best === undefined) return { status: 'unmatched' };
  if (best.refused !== undefined) return { status: 'refused', code: best.refused };
  return changing.has(best.id) ? settled.get(best.id) : { status: 'unchanged' };
}

/** The worst of several records' answers: somebody is off the list when no record holds the value any more. */
function clearedOf(own: readonly HeldField[], settled: ReadonlyMap<string, Outcome>): Outcome | undefined {
  const order = ['unchanged', 'applied', 'refused', 'rejected', 'retry'];
  let worst: Outcome = { status: 'unchanged' };
  for (const { id } of own) {
    const outcome = settled.get(id);
    if (outcome === undefined) return undefined;
    // A record that is gone holds nothing.
    const effect: Outcome = outcome.status === 'unmatched' ? { status: 'unchanged' } : outcome;
    if (order.indexOf(effect.status) > order.indexOf(worst.status)) worst = effect;
  }
  return worst;
}

/**
 * For tools that are asked for one record at a time: a few at once. Those under way are waited for before a failure goes on,
 * so that what they did is known.
 */
export async function inTurns(
  ids: readonly string[],
  atOnce: number,
  work: (id: string) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < ids.length; from += atOnce) {
    const ended = await Promise.allSettled(ids.slice(from, from + atOnce).map(work));
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
  }
}

/** Whether a field holds the value. Tools hand out numbers and ticks as texts, so their written forms are compared. */
export function holds(value: Json | undefined, wanted: FieldTarget['value']): boolean {
  return textOf(value) === String(wanted);
}

/**
 * What of a change can be a field that was written: those traits that the mapping reads from it. `field` is the path in
 * the record; its upper and lower case is told apart unless the tool does not.
 */
export function fieldEchoes(
  change: Change,
  mapping: Pick<Mapping, 'traits'>,
  field: { readonly path: string; readonly anyCase?: true },
  written: (id: string, value: Json) => Write,
): readonly Echo[] {
  if (change.kind !== 'profile' || change.traits === undefined) return [];
  const { traits } = change;
  const id = idIn(change.fragment);
  const same = field.anyCase === true ? (path: string) => path.toLowerCase() : (path: string) => path;
  return Object.entries(mapping.traits ?? {}).flatMap(([trait, rule]) => {
    const value = traits[trait];
    if (!('from' in rule) || value === undefined || same(rule.from) !== same(field.path)) return [];
    return [{ writes: [written(id, textOf(value))], of: { trait } }];
  });
}

/** The vendor's id in a fragment: `<connection>:<object>:<id>`. */
export function idIn(fragment: string): string {
  return fragment.slice(fragment.lastIndexOf(':') + 1);
}

/** A field's value in the one form in which the ledger remembers it. */
export function textOf(value: Json | undefined): string | null {
  if (value === undefined || value === null || value === '') return null;
  return typeof value === 'object' ? canonicalText(value) : String(value);
}

/** Targets that mean a field, as the connector's own schema reads them. */
export function fieldTargets<Target>(schema: Schema<Target>, targets: readonly Json[]): readonly Target[] {
  return targets.flatMap((target) => {
    if (!isJsonObject(target) || !Object.hasOwn(target, 'value')) return [];
    const read = schema.safeParse(target);
    return read.success ? [read.data] : [];
  });
}

function targetOf<Api, Target extends FieldTarget>(spec: FieldSpec<Api, Target>, remoteId: string): Target {
  let to: Json;
  try {
    to = JSON.parse(remoteId) as Json;
  } catch {
    throw new TributaryError('defect', 'connection/bad-field', 'the id of a field is not the target it was made of');
  }
  return parsed(spec.target, to);
}

function parsed<Target>(schema: Schema<Target>, to: Json): Target {
  const read = schema.safeParse(to);
  if (read.success) return read.data;
  throw new TributaryError(
    'config',
    'connection/bad-field',
    `the target names no field that can be kept: ${read.error.issues[0]?.message ?? 'it cannot be read'}`,
  );
}
