import { asTributaryError } from '../domain/errors.ts';
import { formatInstant } from '../domain/instant.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Clock, Log, Notify, StateStore } from './ports.ts';

export interface AlertDeps {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly notify: Notify;
  /** Names the metric's workspace, where several share an account. */
  readonly workspace?: string;
  /** Where the folder `docs` is read. Default: in the repository. */
  readonly docsUrl?: string;
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
  /** No run of its subject will find it over: it ends by itself after this long. */
  readonly endsAfterMs?: number;
}

/** An alert as it is kept. */
export interface KeptAlert extends Alert {
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
  const held = await deps.state.get('alert', idOf(alert));
  const before = held?.body as unknown as KeptAlert | undefined;
  const now = deps.clock.now().getTime();
  const same =
    before !== undefined &&
    isOpen(before, now) &&
    before.says === alert.says &&
    (alert.kind !== 'held' || before.run === alert.run);
  if (same && now - before.toldAt < REPEATED_MS) return;
  const since = same ? before.since : formatInstant(now);
  await tell(deps, { ...alert, open: true, since, toldAt: now }, held?.version ?? 0);
}

/** Tells an alert that goes on once more when that was long ago; whoever raises it anew meanwhile has told it. */
export async function repeatAlert(deps: AlertDeps, { alert, version }: HeldAlert): Promise<void> {
  const now = deps.clock.now().getTime();
  if (now - alert.toldAt >= REPEATED_MS) await tell(deps, { ...alert, toldAt: now }, version);
}

async function tell(deps: AlertDeps, alert: KeptAlert, version: number): Promise<void> {
  const { kind, subject, says, todo, run, since, toldAt } = alert;
  const text = `${says}.\n\nWhat to do: ${todo}.${run === undefined ? '' : `\n\nRun: ${run}`}\nSince: ${since}\nRunbook: docs/runbook.md#alert-${kind}\n`;
  const { docsUrl = 'docs' } = deps;
  const told = await say(deps, {
    subject: `Tributary: ${subject} ${TITLES[kind]}`,
    text: text.replace(/\bdocs\/(?=[a-z]+\.md)/g, () => `${docsUrl}/`),
  });
  deps.log('alert', { kind, subject, run: run ?? null, says });
  const kept = { ...alert, toldAt: told ? toldAt : 0 } as unknown as JsonObject;
  await deps.state.put('alert', idOf(alert), kept, version, { expiresAt: Date.parse(since) + KEPT_MS });
}

/** Whether whoever is on call was told. What does not go out stops no pull and no push: the sweep tells again each minute. */
async function say({ notify, log }: AlertDeps, message: Parameters<Notify>[0]): Promise<boolean> {
  try {
    await notify(message);
    return true;
  } catch (thrown) {
    const { kind, code, message: reason } = asTributaryError(thrown);
    log('nobody could be told', { kind, code, reason });
    return false;
  }
}

function idOf({ kind, subject }: Pick<Alert, 'kind' | 'subject'>): string {
  return `${kind}#${subject}`;
}

/** Closes alerts of a subject that are open, and says that it is well again. */
export async function closeAlerts(deps: AlertDeps, subject: string, kinds: readonly AlertKind[]): Promise<void> {
  for (const kind of kinds) {
    const held = await deps.state.get('alert', idOf({ kind, subject }));
    if (held?.body.open !== true) continue;
    await endAlert(deps, { alert: held.body as unknown as KeptAlert, version: held.version }, 'is well again');
  }
}

/** Ends one alert, and says why. */
export async function endAlert(deps: AlertDeps, { alert, version }: HeldAlert, because: string): Promise<void> {
  const now = deps.clock.now().getTime();
  const { kind, subject, says } = alert;
  const ended = { ...alert, open: false, endedAt: formatInstant(now) } as unknown as JsonObject;
  if (!(await deps.state.put('alert', idOf(alert), ended, version, { expiresAt: now + KEPT_MS }))) return;
  await say(deps, { subject: `Tributary: ${subject} ${because}`, text: `${says}: this is over.\n` });
  deps.log('alert over', { subject, kind });
}

/** An alert with the version to write it back on. */
export interface HeldAlert {
  readonly alert: KeptAlert;
  readonly version: number;
}

/** Every alert that is open. */
export async function keptAlerts(state: StateStore, now: number): Promise<readonly HeldAlert[]> {
  const kept: HeldAlert[] = [];
  for await (const page of state.all('alert')) {
    kept.push(...page.map(({ body, version }) => ({ alert: body as unknown as KeptAlert, version })));
  }
  return kept.filter(({ alert }) => isOpen(alert, now));
}

function isOpen({ open, since, endsAfterMs }: KeptAlert, now: number): boolean {
  return open && (endsAfterMs === undefined || now < Date.parse(since) + endsAfterMs);
}

/** Alerts that are open as they are told to whoever asks, the latest first. */
export async function openAlerts(state: StateStore, now: number): Promise<readonly Record<string, Json>[]> {
  const told = (await keptAlerts(state, now)).map(
    ({ alert: { open: _, toldAt: __, endsAfterMs: ___, ...alert } }) => alert,
  );
  const latest = told.sort((a, b) => (a.since < b.since ? 1 : -1)).slice(0, MOST_LISTED);
  return latest as unknown as readonly Record<string, Json>[];
}

const TITLES: Readonly<Record<AlertKind, string>> = {
  held: 'is held and waits for an approval',
  failed: 'failed',
  silent: 'did not run',
  'stale-source': 'waits for a source that is not up to date',
  'match-rate': 'is known less to its tool',
  'outcome-mix': 'is refused more often',
};
