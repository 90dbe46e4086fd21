import type { z } from '@hono/zod-openapi';
import type { audienceSchema, segmentSchema, workspaceSchema } from '../lib/api/answers.ts';
import { notAsAsked } from '../lib/domain/tally.ts';
import type { PushRun } from '../lib/pipeline/push/push-run.ts';
import { badge, type Column, card, count, element, moment, quiet, table } from './dom.ts';
import { toAudience, toRun } from './routes.ts';
import { ask } from './stage-api.ts';
import { type Alert, waitingCards } from './waiting.ts';

export type Workspace = z.infer<typeof workspaceSchema>;
type Segment = z.infer<typeof segmentSchema>;
type Audience = z.infer<typeof audienceSchema>;
type StreamRow = Workspace['connections'][number]['streams'][number];

/** The workspace at a glance. */
export interface Overview {
  readonly workspace: Workspace;
  readonly segments: readonly Segment[];
  readonly audiences: readonly Audience[];
  readonly alerts: readonly Alert[];
}

export async function readOverview(): Promise<Overview> {
  const [workspace, segments, audiences, alerts] = await Promise.all([
    ask<Workspace>('/api/workspace'),
    ask<Segment[]>('/api/segments'),
    ask<Audience[]>('/api/audiences'),
    ask<Alert[]>('/api/alerts'),
  ]);
  return { workspace, segments, audiences, alerts };
}

export function showOverview({ workspace, segments, audiences, alerts }: Overview): HTMLElement[] {
  const { timezone } = workspace;
  const held = audiences.flatMap(({ run }) => (run?.state === 'held' ? [run as unknown as PushRun] : []));
  const parts = workspace.connections.length === 0 ? [none()] : connectionParts(workspace);
  const connections = card('Connections', `${workspace.connections.length}`, ...parts);
  connections.classList.add('wide');
  return [
    ...waitingCards(held, alerts, timezone),
    card('Segments', `${segments.length}`, segments.length === 0 ? none() : segmentBars(segments)),
    card('Audiences', `${audiences.length}`, audiences.length === 0 ? none() : audienceTable(audiences, timezone)),
    connections,
  ];
}

function none(): HTMLElement {
  return quiet('None is defined.');
}

function segmentBars(segments: readonly Segment[]): HTMLElement {
  const most = Math.max(1, ...segments.map(({ members }) => members));
  const sorted = [...segments].sort((a, b) => b.members - a.members);
  const bars = sorted.map(({ segment, title, members }) =>
    element(
      'li',
      {},
      element('span', { class: 'name' }, title, element('code', { class: 'quiet' }, segment)),
      element('span', { class: 'people' }, count(members)),
      shareBar(members / most),
    ),
  );
  return element('ul', { class: 'bars' }, ...bars);
}

/** A share as a bar: a picture of the number beside it, so it is none to whoever cannot see it. */
function shareBar(share: number): HTMLElement {
  const filled = element('span', {});
  filled.style.width = `${share * 100}%`;
  return element('div', { class: 'bar', 'aria-hidden': 'true' }, filled);
}

function audienceTable(audiences: readonly Audience[], timezone: string): HTMLElement {
  const columns: Column<Audience>[] = [
    {
      title: 'Audience',
      cell: ({ audience, segment, connection, schedule }) =>
        element(
          'div',
          {},
          element('strong', {}, element('a', { href: toAudience(audience) }, audience)),
          element('div', { class: 'quiet' }, `${segment} → ${connection}, ${schedule ?? 'on demand'}`),
        ),
    },
    { title: 'Wanted', kind: 'number', cell: ({ summary }) => count(Number(summary.wanted ?? 0)) },
    { title: 'Blocked', kind: 'number', cell: ({ summary }) => count(Number(summary.blocked ?? 0)) },
    { title: 'Not reached', kind: 'number', cell: ({ summary }) => count(notReached(summary)) },
    { title: 'Last push', cell: ({ run }) => runCell(run, timezone, toRun(String(run?.id))) },
  ];
  return table('Audiences and their last push', columns, audiences);
}

/** Wanted, and the tool did not take them. */
function notReached(summary: Readonly<Record<string, unknown>>): number {
  return [...notAsAsked, 'waiting'].reduce((sum, place) => sum + Number(summary[place] ?? 0), 0);
}

function connectionParts({ connections, timezone }: Workspace): HTMLElement[] {
  const columns: Column<StreamRow>[] = [
    {
      title: 'Stream',
      cell: ({ stream, schedule }) =>
        element('div', {}, element('strong', {}, stream), element('div', { class: 'quiet' }, schedule)),
    },
    { title: 'Changes', kind: 'number', cell: ({ run }) => count(Number(run?.changes ?? 0)) },
    { title: 'Quarantined', kind: 'number', cell: ({ run }) => count(Number(run?.rejected ?? 0)) },
    { title: 'Last pull', cell: ({ run }) => runCell(run, timezone) },
  ];
  return connections.map(({ name, connector, webhook, streams }) =>
    element(
      'div',
      { class: 'connection' },
      element('h3', {}, name, element('span', { class: 'quiet' }, webhook ? `${connector}, with webhook` : connector)),
      table(`Streams of ${name}`, columns, streams),
    ),
  );
}

function runCell(run: Readonly<Record<string, unknown>> | null, timezone: string, href?: string): HTMLElement {
  if (run === null) return element('span', { class: 'quiet' }, 'never');
  const at = moment(String(run.endedAt ?? run.startedAt), timezone);
  const linked = href === undefined ? at : element('a', { href }, at);
  return element('div', { class: 'run' }, badge(String(run.state)), linked);
}
