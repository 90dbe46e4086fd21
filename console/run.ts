import { pushCounts } from '../lib/domain/tally.ts';
import type { PushRun } from '../lib/pipeline/push/push-run.ts';
import { approvalForm } from './approval.ts';
import { countList } from './counts.ts';
import { type Child, card, element, facts, moment, quiet } from './dom.ts';
import { outcomeCard } from './outcomes.ts';
import { holdList, showPlan } from './plan.ts';
import { toAudience } from './routes.ts';
import { ask } from './stage-api.ts';
import { reasonWords } from './words.ts';

export async function readRun(id: string): Promise<PushRun> {
  return ask<PushRun>(`/api/runs/${encodeURIComponent(id)}`);
}

/** A push: what it would do or did, why it is held and how to decide, and what became of its members. */
export function showRun(run: PushRun, { timezone, decided }: RunContext): HTMLElement[] {
  const { holds = [], plan, state } = run;
  const held = state === 'held';
  const why = card(held ? 'Why it is held' : 'Why it was held', '', holdList(holds));
  why.classList.toggle('alarm', held);
  return [
    element(
      'div',
      { class: 'stack' },
      ...(holds.length === 0 ? [] : [why]),
      card('Run', '', facts(runFacts(run, timezone))),
      ...(held ? [refusalCard(run)] : []),
    ),
    element(
      'div',
      { class: 'stack' },
      plan === undefined
        ? card('Plan', '', quiet(state === 'waiting' ? 'It plans when its sources are read to the end.' : 'None.'))
        : card('Plan', held ? 'frozen: exactly this is sent, or nothing' : '', ...showPlan(plan, timezone)),
      ...(held && plan !== undefined ? [card('Approve', '', approvalForm(run, plan.hash, decided))] : []),
      ...(state === 'held' || state === 'superseded' || plan === undefined ? [] : [tallyCard(run)]),
    ),
    ...(run.outcomeParts === 0 ? [] : [outcomeCard(run, timezone)]),
  ];
}

/** What a run's page must know besides the run. */
export interface RunContext {
  readonly timezone: string;
  /** Somebody approved the run, now or before. */
  readonly decided: (said: string) => void;
}

function runFacts(run: PushRun, timezone: string): readonly (readonly [string, ...Child[]])[] {
  const { audience, state, startedAt, endedAt, approved, error, unsettled = [] } = run;
  return [
    ['Audience', element('a', { href: toAudience(audience) }, audience)],
    ['State', STATES[state]],
    ['Started', moment(startedAt, timezone)],
    ...(endedAt === undefined ? [] : [['Ended', moment(endedAt, timezone)] as const]),
    ...(approved === undefined ? [] : [['Approved', `by ${approved.by}, `, moment(approved.at, timezone)] as const]),
    ...(unsettled.length === 0 ? [] : [['Not read to the end', unsettled.join(', ')] as const]),
    ...(run.listReplaced === true ? [['List', 'it was another one: everybody was added anew'] as const] : []),
    ...(error === undefined ? [] : [['Error', `${error.message} `, element('code', {}, error.code)] as const]),
  ];
}

const STATES: Readonly<Record<PushRun['state'], string>> = {
  waiting: 'waiting for its sources',
  running: 'running: it plans or sends',
  held: 'held before its first call: nothing was sent, and nothing is until somebody approves',
  superseded: 'superseded: it was held, and a later run planned anew',
  finished: 'finished: every member of its plan has an outcome',
  failed: 'failed: rows that were not sent are the next push’s',
};

/** How a held run ends without an approval: nobody has to do anything for nothing to be sent. */
function refusalCard({ audience }: PushRun): HTMLElement {
  return card(
    'To refuse it',
    '',
    element('p', {}, 'Do not approve it. While it is held nothing is sent: nobody is added and nobody is removed.'),
    element(
      'p',
      {},
      'Mend the cause. The next push, by the audience’s schedule or by ',
      element('code', {}, `tributary push ${audience}`),
      ', plans anew and puts this plan aside (superseded). It is held again if it breaks a guardrail too.',
    ),
    quiet('Do not leave it held for long: whoever withdrew consent stays on the list meanwhile.'),
  );
}

function tallyCard({ tally }: PushRun): HTMLElement {
  const rows = pushCounts
    .filter((name) => tally[name] > 0)
    .map((name) => [tally[name], name, DONE[name] ?? reasonWords(name)] as const);
  const calls = tally.calls === 1 ? '1 call' : `${tally.calls} calls`;
  return card('What it did', calls, rows.length === 0 ? quiet('Nobody has an outcome yet.') : countList(rows));
}

const DONE: Readonly<Record<string, string>> = {
  added: 'the tool put them on the list',
  removed: 'the tool took them off',
};
