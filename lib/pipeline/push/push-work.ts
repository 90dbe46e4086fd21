import type { AudienceDestination } from '../../connectors/contract.ts';
import { canonicalText } from '../../domain/canonical.ts';
import type { AudienceDefinition, Definitions } from '../../domain/definitions.ts';
import type { IdentityKey } from '../../domain/identifier.ts';
import type { AlertDeps } from '../alerts.ts';
import type { CallMeter } from '../call-meter.ts';
import type { ConnectionDeps, OpenConnection } from '../connections.ts';
import { delayOf } from '../delay.ts';
import type { Archive, IdentityIndex, MembershipStore, ProfileStore, Queue } from '../ports.ts';
import { type HeldPush, type PushRun, type PushState, savePush } from './push-run.ts';
import type { LedgerDeps } from './write-ledger.ts';

export interface ActivateDeps extends ConnectionDeps, AlertDeps, LedgerDeps {
  readonly memberships: MembershipStore;
  readonly identities: IdentityIndex;
  readonly profiles: Pick<ProfileStore, 'read'>;
  readonly archive: Pick<Archive, 'put' | 'lines'>;
  readonly key: () => Promise<IdentityKey>;
  readonly push: Queue;
}

/** What a message of the push queue asks. */
export interface PushCommand {
  readonly audience: string;
  /** When the schedule meant it to run; two firings of one instant are one run. */
  readonly scheduledAt?: string;
  /** Go on with this run. */
  readonly run?: string;
  /** Memberships of a realtime audience changed. */
  readonly touched?: boolean;
}

/** A push that is being worked on. */
export interface Work {
  readonly definitions: Definitions;
  readonly audience: AudienceDefinition;
  readonly signal: AbortSignal;
  /** Sends the run on by a message of its own, after letting go of it. */
  readonly again: (held: HeldPush, seconds: number) => Promise<void>;
}

/** The destination of an audience, signed in to. */
export interface Tool {
  readonly connection: OpenConnection;
  readonly destination: AudienceDestination<unknown>;
  readonly api: unknown;
  readonly calls: CallMeter;
}

/** Names a tool's object among all connections. */
export function listName(audience: AudienceDefinition, remoteId: string | undefined): string {
  return `${audience.connection}/${remoteId ?? ''}`;
}

/**
 * The tool's object that the audience's rows speak of, if it is the one that the audience is bound to as far as can be
 * known without asking the tool: it was found by the very target.
 */
export function knownList(audience: AudienceDefinition, { list, target }: PushState): string | undefined {
  const known = listName(audience, '');
  const bound = target === canonicalText(audience.target) && list?.startsWith(known) === true;
  return bound ? list.slice(known.length) : undefined;
}

/** Lets go of the push and sends its run on by a message of its own. */
export async function sendOn(deps: ActivateDeps, held: HeldPush, seconds: number): Promise<void> {
  const run = held.state.run as PushRun;
  const kept = await savePush(deps, held, held.state, { waitSeconds: seconds });
  if (kept !== undefined)
    await deps.push.send([{ body: { audience: run.audience, run: run.id }, ...delayOf(seconds) }]);
}
