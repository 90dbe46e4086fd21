import type { AudienceDefinition, Guardrails } from './definitions.ts';

/** What stopped a run before its first call. */
export type Guard =
  | 'max-add'
  | 'max-remove'
  | 'min-source'
  | 'first-run'
  | 'empty-segment'
  | 'opt-outs'
  | 'stale-source'
  | 'list-replaced';

/** One reason why a run is held: what was found, and what to do about it. Holds counts, never a person. */
export interface Hold {
  readonly guard: Guard;
  readonly says: string;
  readonly todo: string;
}

/** What a plan and the world around it come to. */
export interface PushFacts {
  readonly add: number;
  readonly remove: number;
  /** People on the list now, as far as the tool told us. */
  readonly size: number;
  /** What earlier runs of the last day changed by themselves: many small steps are one large one. */
  readonly recent: { readonly add: number; readonly remove: number };
  readonly optOuts: number;
  /** No push of this audience has ended yet. */
  readonly firstRun: boolean;
  /** The tool's list holds people before the first push: whose they are nobody told us. */
  readonly strangers: boolean;
  /** The tool has another list under that name than the one we filled, or none. */
  readonly listReplaced: boolean;
  /** Sources that were not read to the end. */
  readonly unsettled: readonly string[];
  readonly shrunk: readonly ShrunkSource[];
}

/** A source that brought much less than before, or took much away. */
export interface ShrunkSource {
  readonly source: string;
  /** 0 to 1: what is left of what it brought before. */
  readonly left: number;
}

const DEFAULTS = { smallChange: 10, firstRun: 'into-empty', emptySegment: 'hold', maxOptOuts: 0 } as const;

/** The guardrails of one audience: its own before the workspace's before the defaults. */
export function guardrailsOf(workspace: Guardrails, audience: Pick<AudienceDefinition, 'guardrails'>) {
  return { ...DEFAULTS, ...workspace, ...audience.guardrails };
}

/** Every reason why the run must not go on by itself; none = it may. */
export function judgePush(facts: PushFacts, rules: ReturnType<typeof guardrailsOf>): readonly Hold[] {
  const changes = facts.add + facts.remove > 0;
  return [
    ...sourceHolds(facts, rules.minSource, changes),
    ...listHolds(facts, rules, changes),
    ...sizeHolds(facts, rules),
    ...(facts.optOuts > rules.maxOptOuts ? [optOutHold(facts.optOuts, rules.maxOptOuts)] : []),
  ];
}

function sourceHolds(facts: PushFacts, minSource: number, changes: boolean): readonly Hold[] {
  const holds: Hold[] = [];
  if (facts.unsettled.length > 0) {
    holds.push({
      guard: 'stale-source',
      says: `not read to the end: ${facts.unsettled.join(', ')}; the plan rests on half a picture`,
      todo: 'see the error of that source in `tributary runs` and mend it; the next run plans anew. Approve to push what is known',
    });
  }
  for (const { source, left } of changes ? facts.shrunk : []) {
    if (left >= minSource) continue;
    holds.push({
      guard: 'min-source',
      says: `${source} has ${percent(left)} of the people it had, less than ${percent(minSource)}`,
      todo: 'look into the tool: an export that broke, a filter, a lost permission. When it is right again, pull it with --full; approve only if so many people are really gone',
    });
  }
  return holds;
}

function listHolds(facts: PushFacts, rules: ReturnType<typeof guardrailsOf>, changes: boolean): readonly Hold[] {
  if (facts.listReplaced) {
    return [
      {
        guard: 'list-replaced',
        says: `the list that this audience filled is not there under its name any more; a new one would get ${facts.add} people`,
        todo: 'if it was renamed in the tool, give it its name back; if it was deleted on purpose, approve to fill a new one',
      },
    ];
  }
  if (!facts.firstRun || !changes) return [];
  if (rules.firstRun === 'hold') {
    return [
      { guard: 'first-run', says: 'the first push of this audience', todo: 'look at the plan and approve it once' },
    ];
  }
  if (rules.firstRun === 'into-empty' && facts.strangers) {
    return [
      {
        guard: 'first-run',
        says: 'the first push of this audience, into a list that holds people already',
        todo: 'make sure that it is the right list: those people stay on it, and ours are added. Then approve',
      },
    ];
  }
  return [];
}

function sizeHolds(facts: PushFacts, rules: ReturnType<typeof guardrailsOf>): readonly Hold[] {
  const { add, remove, size, recent } = facts;
  if (rules.emptySegment === 'hold' && size > 0 && remove >= size && add === 0) {
    return [
      {
        guard: 'empty-segment',
        says: `nobody would be left on the list of ${size}`,
        todo: 'look at the segment: `tributary why` tells of somebody who was in it. To empty the list on purpose, approve, or set guardrails: { empty_segment: allow }',
      },
    ];
  }
  const before = Math.max(0, size - recent.add + recent.remove);
  const first = facts.firstRun || facts.listReplaced;
  return [
    ...sizeHold(
      'max-add',
      add,
      recent.add,
      { share: first ? undefined : rules.maxAdd, count: rules.maxAddCount, before },
      rules.smallChange,
    ),
    ...sizeHold(
      'max-remove',
      remove,
      recent.remove,
      { share: rules.maxRemove, count: rules.maxRemoveCount, before },
      rules.smallChange,
    ),
  ];
}

function sizeHold(
  guard: 'max-add' | 'max-remove',
  now: number,
  recent: number,
  limit: { readonly share: number | undefined; readonly count: number | undefined; readonly before: number },
  smallChange: number,
): readonly Hold[] {
  if (now === 0) return [];
  const total = now + recent;
  const what = guard === 'max-add' ? 'added' : 'removed';
  const others = recent === 0 ? '' : `, with ${recent} ${what} by other runs of the last day`;
  const todo = `if so many are right, approve; for good, set guardrails: { ${guard.replace('-', '_')}: … } in the audience`;
  if (limit.count !== undefined && total > limit.count) {
    return [{ guard, says: `${now} would be ${what}${others}; at most ${limit.count} may be`, todo }];
  }
  if (limit.share === undefined || total <= smallChange || total <= limit.share * limit.before) return [];
  const says = `${now} of ${limit.before} would be ${what}${others}; at most ${percent(limit.share)} may be`;
  return [{ guard, says, todo }];
}

function optOutHold(count: number, most: number): Hold {
  return {
    guard: 'opt-outs',
    says: `${count} opt-outs would be touched, more than ${most}: people of whom the tool said that they do not want it, or who would be unsubscribed by being removed`,
    todo: 'find out why the consent of these people is believed to be given; approve only with their newer word',
  };
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`;
}
