import type { Delivery } from '../../connectors/contract-deliveries.ts';
import type { AnyConnector } from '../../connectors/define.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import { changesMessage } from '../changes-message.ts';
import { pack, packRejections } from '../pack.ts';
import type { Queue } from '../ports.ts';
import { dropEchoes, type LedgerDeps } from '../push/write-ledger.ts';

export interface DeliveryDeps extends LedgerDeps {
  readonly changes: Queue;
  readonly sync: Queue;
  /** The trace of what is under way, by which the log and X-Ray know it. */
  readonly traceId?: () => string | undefined;
}

/** Whose deliveries they are. */
export interface Told {
  readonly definitions: Definitions;
  readonly connectionName: string;
  readonly connector: AnyConnector;
  /** The connection's checked settings. */
  readonly config: unknown;
}

/** Ids of one stream read again by one message. */
const IDS_IN_MESSAGE = 50;

/**
 * Queues what was told: changes to be folded, hints to be read, what means nothing to be quarantined. Nothing is queued when
 * a change fits into no message. Told twice it is folded or read twice, with one effect.
 */
export async function queueDeliveries(
  deps: DeliveryDeps,
  { definitions, connectionName: connection, connector, config }: Told,
  deliveries: readonly Delivery[],
): Promise<{ readonly echoes: number; readonly rejected: number; readonly cause?: string } | 'too-large'> {
  const told = deliveries.flatMap((one) => ('change' in one ? [one.change] : []));
  const { changes, echoes } = await dropEchoes(
    deps,
    definitions,
    connection,
    { echoes: connector.echoes, config },
    told,
  );
  const trace = deps.traceId?.();
  const cause = trace === undefined ? {} : { cause: trace };
  const { groups, tooLarge } = pack(changes);
  if (tooLarge.length > 0) return 'too-large';
  const hints = deliveries.flatMap((one) => ('hint' in one ? [one.hint] : []));
  // Whoever may have withdrawn is paused before anybody reads them again.
  const hintedAt = formatInstant(deps.clock.now().getTime());
  const pause = [...new Set(hints.flatMap(({ withdraws = [] }) => withdraws))];
  if (pause.length > 0) {
    await deps.changes.send([
      changesMessage({ origin: 'delivery', connection, changes: [], pause, hintedAt, ...cause }),
    ]);
  }
  await deps.changes.send(
    groups.map((group) => changesMessage({ origin: 'delivery', connection, changes: group, ...cause })),
  );
  const pulled = new Set(deliveries.flatMap((one) => ('pull' in one ? [one.pull.stream] : [])));
  const scheduled = definitions.connections[connection]?.streams ?? {};
  const work: JsonObject[] = [
    ...rereadsOf(hints).map((reread) => ({ connection, ...reread, hintedAt, ...cause })),
    // A stream that nobody pulls has no checkpoint to go on from.
    ...[...pulled].filter((stream) => Object.hasOwn(scheduled, stream)).map((stream) => ({ connection, stream })),
  ];
  await deps.sync.send(work.map((body) => ({ body })));
  return { echoes, rejected: await queueRejections(deps, connection, deliveries), ...cause };
}

type Hint = Extract<Delivery, { readonly hint: unknown }>['hint'];

/** Each id once, some to a message. */
function rereadsOf(hints: readonly Hint[]): readonly { readonly stream: string; readonly reread: readonly string[] }[] {
  const byStream = new Map<string, Set<string>>();
  for (const { stream, ids } of hints) {
    const asked = byStream.get(stream) ?? new Set();
    for (const id of ids) asked.add(id);
    byStream.set(stream, asked);
  }
  return [...byStream].flatMap(([stream, asked]) => {
    const list = [...asked];
    const groups: string[][] = [];
    for (let at = 0; at < list.length; at += IDS_IN_MESSAGE) groups.push(list.slice(at, at + IDS_IN_MESSAGE));
    return groups.map((reread) => ({ stream, reread }));
  });
}

/** Has what means nothing quarantined, each under its own id: sent again it is kept once. Returns how many these were. */
async function queueRejections(
  deps: DeliveryDeps,
  connection: string,
  deliveries: readonly Delivery[],
): Promise<number> {
  const rejected = deliveries.flatMap((one) => ('rejection' in one ? [one] : []));
  const messages = rejected.flatMap(({ deliveryId, rejection }) =>
    packRejections([rejection]).map((group) =>
      changesMessage({ origin: 'delivery', connection, rejected: group, stream: 'deliveries', stamp: deliveryId }),
    ),
  );
  await deps.changes.send(messages);
  return rejected.length;
}
