import type { Delivery, RawRequest, WebhookAnswer } from '../../connectors/contract.ts';
import type { Change } from '../../domain/change.ts';
import { asTributaryError } from '../../domain/errors.ts';
import { changesMessage } from '../changes-message.ts';
import { type ConnectionDeps, openConnection } from '../connections.ts';
import { pack, packRejections } from '../pack.ts';
import type { Queue } from '../ports.ts';
import { dropEchoes, type LedgerDeps } from '../push/write-ledger.ts';

export interface WebhookDeps extends ConnectionDeps, LedgerDeps {
  readonly changes: Queue;
  readonly sync: Queue;
}

/** Larger bodies are refused before anything reads them. */
const MOST_BYTES = 1_000_000;
/** Ids of one stream read again by one message. */
const IDS_IN_MESSAGE = 50;

/**
 * Answers a vendor's webhook: prove, parse, queue, acknowledge. Nothing is normalised here and no vendor is called, so
 * that the vendor gets its answer at once. A delivery that comes twice is folded or read twice, with one effect.
 */
export function receiveWebhook(deps: WebhookDeps) {
  return async function receive(connectionName: string, request: RawRequest): Promise<WebhookAnswer> {
    const definitions = await deps.definitions();
    if (definitions.connections[connectionName]?.webhook !== true) return refuse(404, 'no webhook is open here');
    if (request.body.byteLength > MOST_BYTES) return refuse(413, `the body is over ${MOST_BYTES} bytes`);
    const { connector, config, secret } = await openConnection(deps, connectionName);
    const { webhook } = connector;
    if (webhook === undefined) return refuse(404, 'no webhook is open here');
    const verification = webhook.verify(request, config, secret, deps.clock.now());
    if (!verification.ok) {
      deps.log('webhook refused', { connection: connectionName, reason: verification.reason });
      return refuse(401, verification.reason);
    }
    const handshake = webhook.handshake?.(request, config, secret);
    if (handshake !== undefined) return handshake;
    let deliveries: readonly Delivery[];
    try {
      deliveries = webhook.parse(request, connectionName, config);
    } catch (thrown) {
      const { code, message } = asTributaryError(thrown);
      deps.log('webhook unreadable', { connection: connectionName, code, reason: message });
      return refuse(400, code);
    }
    const told = deliveries.flatMap((one) => ('change' in one ? [one.change] : []));
    const ears = { echoes: connector.echoes, config };
    const { changes, echoes } = await dropEchoes(deps, definitions, connectionName, ears, told);
    const { groups, tooLarge } = pack(changes);
    if (tooLarge.length > 0) return refuse(413, 'sync/too-large');
    await queueDeliveries(deps, connectionName, deliveries, groups);
    const rejected = await queueRejections(deps, connectionName, deliveries);
    deps.log('webhook received', { connection: connectionName, deliveries: deliveries.length, echoes, rejected });
    return webhook.acknowledge?.(request) ?? { status: 200, body: '' };
  };
}

async function queueDeliveries(
  deps: WebhookDeps,
  connection: string,
  deliveries: readonly Delivery[],
  groups: readonly (readonly Change[])[],
): Promise<void> {
  const hints = new Map<string, Set<string>>();
  const withdrawn = new Set<string>();
  for (const delivery of deliveries) {
    if (!('hint' in delivery)) continue;
    const { stream, ids, withdraws = [] } = delivery.hint;
    for (const fragment of withdraws) withdrawn.add(fragment);
    const asked = hints.get(stream) ?? new Set();
    for (const id of ids) asked.add(id);
    hints.set(stream, asked);
  }
  // Whoever may have withdrawn is paused before anybody reads them again.
  if (withdrawn.size > 0) {
    await deps.changes.send([changesMessage({ origin: 'delivery', connection, changes: [], pause: [...withdrawn] })]);
  }
  await deps.changes.send(groups.map((changes) => changesMessage({ origin: 'delivery', connection, changes })));
  const rereads = [...hints].flatMap(([stream, ids]) => {
    const list = [...ids];
    const groups = [];
    for (let at = 0; at < list.length; at += IDS_IN_MESSAGE) groups.push(list.slice(at, at + IDS_IN_MESSAGE));
    return groups.map((reread) => ({ body: { connection, stream, reread } }));
  });
  await deps.sync.send(rereads);
}

/** Has what means nothing quarantined, each under its own id: sent again it is kept once. Returns how many these were. */
async function queueRejections(
  deps: WebhookDeps,
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

function refuse(status: number, body: string): WebhookAnswer {
  return { status, body, contentType: 'text/plain' };
}
