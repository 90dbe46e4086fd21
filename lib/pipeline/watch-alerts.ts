import type { Definitions } from '../domain/definitions.ts';
import { metricLines } from '../domain/metrics.ts';
import { type AlertDeps, type AlertKind, endAlert, keptAlerts, repeatAlert } from './alerts.ts';

/**
 * Tells how many alerts of each kind are open, for as long as some are: an alarm that is red for five minutes has been seen by
 * nobody. And says again, after about a day, what no run says again: a weekly push that is held, a file that nobody mends.
 */
export function watchAlerts(deps: AlertDeps) {
  return async function watch(): Promise<void> {
    const now = deps.clock.now().getTime();
    const alerts = await keptAlerts(deps.state, now);
    const open = new Map<AlertKind, number>();
    for (const { alert } of alerts) open.set(alert.kind, (open.get(alert.kind) ?? 0) + 1);
    const { workspace = '' } = deps;
    for (const [kind, count] of open) {
      deps.log('alerts open', metricLines('Pipeline/alert/open', [count], { workspace, kind }, now)[0] ?? {});
    }
    for (const held of alerts) await repeatAlert(deps, held);
  };
}

/** A process may hold definitions from before the publication of what an alert is about. */
const SETTLED_MS = 3_600_000;

/**
 * Ends what is open about an audience or a stream that is not defined any more, and what is said of the schedule of something
 * that has none any more: no run will. `scheduled`: the subjects of all schedules.
 */
export async function endOrphans(
  deps: AlertDeps,
  definitions: Definitions,
  scheduled: ReadonlySet<string>,
): Promise<void> {
  const now = deps.clock.now().getTime();
  for (const held of await keptAlerts(deps.state, now)) {
    const { kind, subject, since } = held.alert;
    if (Date.parse(since) + SETTLED_MS >= now) continue;
    if (kind === 'silent' && !scheduled.has(subject)) await endAlert(deps, held, 'is not scheduled any more');
    else if (!isDefined(subject, definitions)) await endAlert(deps, held, 'is not defined any more');
  }
}

/** Audiences are named without blanks and slashes, streams `connection/stream`; other subjects are of the workspace itself. */
function isDefined(subject: string, { audiences, connections, learned }: Definitions): boolean {
  const checked = subject.replace(/^verify /, '');
  if (checked.includes(' ')) return true;
  const [connection = '', stream] = checked.split('/');
  if (stream !== undefined) return connections[connection]?.streams[stream] !== undefined;
  return audiences.some(({ audience }) => audience === checked) || (checked === 'learning' && learned !== undefined);
}
