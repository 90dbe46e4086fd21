import { reconciliation } from '../../../lib/domain/reconciliation.ts';
import type { Condition } from '../../../lib/domain/segment.ts';
import type { AudiencePage } from '../../app/answers.ts';
import { ConditionTree } from '../../parts/condition.tsx';
import { Facts } from '../../parts/facts.tsx';
import { percentUp } from '../../parts/numbers.ts';

const MODES = {
  mirror: 'mirror: the list equals the segment; whoever is not wanted any more is removed',
  'add-only': 'add-only: nobody is ever removed',
} as const;

const HEALS = { report: 'differences are reported', restore: 'ours is restored', adopt: 'the list is taken as it is' };

const FIRST_RUNS = {
  hold: 'is the first of all',
  'into-empty': 'is the first and finds people on the list',
} as const;

/** An audience as its file and the workspace define it, in words. */
export function Definition({ page }: { readonly page: AudiencePage }) {
  const { segment, segmentTitle, when, connection, connector, match, mode, verify, group } = page;
  return (
    <Facts
      rows={[
        [
          'Segment',
          <>
            {segmentTitle} {segmentTitle !== segment && <code class="quiet">{segment}</code>}
            <ConditionTree condition={when as Condition} />
          </>,
        ],
        ['List', `${connection}${connector === null ? '' : ` (${connector})`}: ${targetWords(page.target)}`],
        ['Found in the tool by', match.join(', then ')],
        ['Mode', MODES[mode]],
        ['Pushed', scheduleWords(page.schedule)],
        ['Consent', consentWords(page.needs)],
        ['Held out', holdoutWords(page)],
        group === undefined ? undefined : ['Group', `${group.name}, priority ${group.priority}`],
        [
          'List is checked',
          verify === undefined ? 'by hand only' : `${verify.schedule ?? 'by hand only'}; ${HEALS[verify.heal]}`,
        ],
        ['Held when a push', <Guardrails key="guardrails" rules={page.guardrails} />],
      ]}
    />
  );
}

/** When an audience is pushed, as its file says it. */
function scheduleWords(schedule: string | null): string {
  if (schedule === null) return 'by hand only';
  return schedule === 'realtime' ? `realtime: as people change, and all of it ${reconciliation.words}` : schedule;
}

function targetWords(target: unknown): string {
  if (typeof target !== 'object' || target === null) return String(target);
  return Object.entries(target)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? `“${value}”` : JSON.stringify(value)}`)
    .join(', ');
}

function consentWords({ subscribed, consent = [] }: AudiencePage['needs']): string {
  const needed = [
    ...(subscribed === undefined ? [] : [`subscribed to ${subscribed}`]),
    ...consent.map((purpose) => `consent to ${purpose}`),
  ];
  return needed.length === 0 ? 'none needed' : needed.join(' and ');
}

function holdoutWords({ holdout, experiment }: AudiencePage): string {
  if (holdout === 0) return 'nobody';
  const shared = experiment === undefined ? '' : `, the same people in every audience of ${experiment}`;
  return `${percentUp(holdout)} of those it could reach${shared}`;
}

function Guardrails({ rules }: { readonly rules: AudiencePage['guardrails'] }) {
  const { maxAdd, maxRemove, maxAddCount, maxRemoveCount, smallChange, minSource, maxOptOuts } = rules;
  const lines = [
    `adds more than ${sizeWords(maxAdd, smallChange, maxAddCount)}, in a day`,
    `removes more than ${sizeWords(maxRemove, smallChange, maxRemoveCount)}, in a day`,
    `rests on a source with less than ${percentUp(minSource)} of the people it had, or on one that is not up to date`,
    `touches more than ${maxOptOuts} opt-outs`,
    ...(rules.firstRun === 'allow' ? [] : [FIRST_RUNS[rules.firstRun]]),
    ...(rules.emptySegment === 'allow' ? [] : ['would leave nobody on the list']),
    'would fill another list than before',
  ];
  return (
    <ul class="lines">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

/** A limit as `judgePush` reads it: a share of the list unless it is a few people, and a number. */
function sizeWords(share: number, few: number, people: number | undefined): string {
  const number = people === undefined ? '' : `, or ${people} people`;
  return `${percentUp(share)} of the list and ${few} people${number}`;
}
