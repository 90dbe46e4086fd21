import { formatInstant } from '../domain/instant.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { metricLines } from '../domain/metrics.ts';
import type { Clock, Log, Notify, StateStore } from './ports.ts';

export interface AlertDeps {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly notify: Notify;
  /** Names the metric's workspace, where several share an account. */
  readonly workspace?: string;
}

/** Why somebody should look. */
export type AlertKind = 'held' | 'failed' | 'silent' | 'stale-source' | 'match-rate' | 'outcome-mix';

/** Something that waits for a person: what is wrong, and what to do about it. */
export interface Alert {
  readonly kind: AlertKind;
  /** The audience, or the `connection/stream`. */
  readonly subject: string;
  readonly says: string;
  readonly todo: string;
  readonly run?: string;
}

interface KeptAlert extends Alert {
  readonly open: boolean;
  readonly since: string;
  /** When whoever is on call was last told, in ms. */
  readonly toldAt: number;
}

const KEPT_MS = 90 * 24 * 3_600_000;
const MOST_LISTED = 100;
/** The same thing going on is told again after about a day. */
const REPEATED_MS = 20 * 3_600_000;

/**
 * Opens an alert and tells whoever is on call, once a day for each thing that is wrong; a run that is newly held is news.
 * Told twice after a death between telling and writing it down.
 */
export async function raiseAlert(deps: AlertDeps, alert: Alert): Promise<void> {
  const id = `${alert.kind}#${alert.subject}`;
  const held = await deps.state.get('alert', id);
  const before = held?.body as unknown as KeptAlert | undefined;
  const now = deps.clock.now().getTime();
  const same =
    before?.open === true && before.says === alert.says && (alert.kind !== 'held' || before.run === alert.run);
  if (same && now - before.toldAt < REPEATED_MS) return;
  const since = same ? before.since : formatInstant(now);
  const { kind, subject, says, todo, run } = alert;
  await deps.notify({
    subject: `Tributary: ${subject} ${TITLES[kind]}`,
    text: `${says}.\n\nWhat to do: ${todo}.${run === undefined ? '' : `\n\nRun: ${run}`}\nSince: ${since}\nRunbook: docs/runbook.md#alert-${kind}\n`,
  });
  const [opened] = metricLines('Pipeline/alert/opened', [1], { workspace: deps.workspace ?? '', kind }, now);
  deps.log('alert', { ...opened, subject, run: run ?? null, says });
  const kept = { ...alert, open: true, since, toldAt: now } as unknown as JsonObject;
  await deps.state.put('alert', id, kept, held?.version ?? 0, { expiresAt: now + KEPT_MS });
}

/** Closes alerts of a subject that are open, and says that it is well again. */
export async function closeAlerts(deps: AlertDeps, subject: string, kinds: readonly AlertKind[]): Promise<void> {
  const now = deps.clock.now().getTime();
  for (const kind of kinds) {
    const held = await deps.state.get('alert', `${kind}#${subject}`);
    if (held?.body.open !== true) continue;
    const closed = { ...held.body, open: false, endedAt: formatInstant(now) };
    const stored = await deps.state.put('alert', held.id, closed, held.version, { expiresAt: now + KEPT_MS });
    if (!stored) continue;
    await deps.notify({
      subject: `Tributary: ${subject} is well again`,
      text: `${String(held.body.says)}: this is over.\n`,
    });
    deps.log('alert over', { subject, kind });
  }
}

/** Alerts that are open, the latest first. */
export async function openAlerts(state: StateStore): Promise<readonly Record<string, Json>[]> {
  const kept = await state.list('alert', { most: MOST_LISTED });
  return kept
    .filter(({ body }) => body.open === true)
    .map(({ body: { open: _, toldAt: __, ...alert } }) => alert)
    .sort((a, b) => (String(a.since) < String(b.since) ? 1 : -1));
}

const TITLES: Readonly<Record<AlertKind, string>> = {
  held: 'is held and waits for an approval',
  failed: 'failed',
  silent: 'did not run',
  'stale-source': 'waits for a source that is not up to date',
  'match-rate': 'is known less to its tool',
  'outcome-mix': 'is refused more often',
};
