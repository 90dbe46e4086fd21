import type { RawRequest } from '../../connectors/contract-deliveries.ts';
import type { Collection } from '../../domain/collection.ts';
import { asTributaryError } from '../../domain/errors.ts';
import { openClientReader, type ReadClient } from '../../domain/tracking/device.ts';
import { changesMessage } from '../changes-message.ts';
import { pack, packRejections } from '../pack.ts';
import type { Clock, Log, Queue } from '../ports.ts';
import {
  type CollectAnswer,
  picture,
  preflight,
  refusal,
  rudderSourceConfig,
  segmentSettings,
  strictRefusal,
  success,
} from './collect-answers.ts';
import { readMessages, type Said, unread } from './collect-messages.ts';
import { type Asked, askedBy, type Envelope, openEnvelope, type Unopened, writeKeysOf } from './collect-request.ts';
import { type CurrentCollection, HELD_FOR_STRANGERS_MS } from './collection.ts';

export interface CollectDeps {
  readonly collection: CurrentCollection;
  readonly changes: Queue;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly log: Log;
  /** The trace of the request under way. */
  readonly traceId?: () => string | undefined;
}

/**
 * Answers a request of the tracking protocol: check the write key, read the messages, queue what they say, answer. No
 * table is read or written. What cannot be used is queued too, to be kept in quarantine by whoever works the queue. A
 * client is told to try again only when the queue or the write keys could not be reached.
 */
export function collect(deps: CollectDeps) {
  const readClient = openClientReader();
  return async function answer(request: RawRequest): Promise<CollectAnswer> {
    if (request.method === 'OPTIONS') return preflight(request);
    const asked = askedBy(request);
    if (asked.for === 'metrics') return success(request);
    if (asked.for === 'nothing') return refusal(request, 404, 'not_found', 'nothing is served here');
    try {
      if (asked.for === 'settings' || asked.for === 'source-config') return await configure(deps, request, asked);
      return await take({ ...deps, readClient }, request, asked);
    } catch (thrown) {
      const { code, message } = asTributaryError(thrown);
      deps.log('not collected', { code, reason: message });
      return refusal(request, 503, 'unavailable', 'nothing was stored; send it again');
    }
  };
}

/** What a browser client loads before it starts. Unknown keys get none, so that a typing error shows at once. */
async function configure(deps: CollectDeps, request: RawRequest, asked: Asked): Promise<CollectAnswer> {
  const { known } = await findKey(deps, asked.for === 'settings' ? [asked.writeKey] : writeKeysOf(request));
  if (known === undefined) return refusal(request, 404, 'unknown_write_key', 'no source has this write key');
  return asked.for === 'settings'
    ? segmentSettings(request, known.key)
    : rudderSourceConfig(request, known.key, known.source);
}

async function take(
  deps: CollectDeps & { readonly readClient: ReadClient },
  request: RawRequest,
  asked: Asked,
): Promise<CollectAnswer> {
  const opened = openEnvelope(request, asked);
  const keys = writeKeysOf(request, opened.ok ? opened.envelope : undefined);
  const { collection, known } = await findKey(deps, keys);
  if (known === undefined) {
    deps.log('write key unknown', { shown: keys.length });
    if (collection.strict) {
      const shown = keys.length > 0;
      return strictRefusal(request, 401, shown ? 'invalid write key' : 'failed to read writekey from header');
    }
    return opened.ok ? accepted(request, asked) : refuse(request, asked, opened.problem, collection);
  }
  const { source } = known;
  if (!opened.ok) {
    await queue(deps, source, { changes: [], rejected: [unread(opened)] });
    return refuse(request, asked, opened.problem, collection);
  }
  const { envelope } = opened;
  const said = readMessages(envelope, request, {
    at: deps.clock.now().getTime(),
    newId: deps.newId,
    readClient: deps.readClient,
    blocked: new Set(collection.blocked),
    source,
    asked,
  });
  const strictly = collection.strict ? strictProblem(envelope, said) : undefined;
  if (strictly !== undefined) {
    await queue(deps, source, { changes: [], rejected: said.rejected });
    return strictRefusal(request, 400, strictly);
  }
  await queue(deps, source, said);
  return accepted(request, asked);
}

/** Queues changes and rejections. A rejection carries a stamp: a message that comes twice is kept in quarantine once. */
async function queue(deps: CollectDeps, source: string, { changes, rejected }: Said): Promise<void> {
  const { groups, tooLarge } = pack(changes);
  const refused = packRejections([...rejected, ...tooLarge]);
  const cause = deps.traceId?.();
  const caused = cause === undefined ? {} : { cause };
  const from = { origin: 'collection', connection: 'web', stream: source, ...caused } as const;
  await deps.changes.send([
    ...groups.map((group) => changesMessage({ ...from, changes: group })),
    ...refused.map((group) => {
      const stamp = `${deps.clock.now().toISOString()}#${deps.newId()}`;
      return changesMessage({ ...from, rejected: group, stamp });
    }),
  ]);
  const codes: Record<string, number> = {};
  for (const { code } of rejected) codes[code] = (codes[code] ?? 0) + 1;
  deps.log('collected', {
    source,
    changes: changes.length,
    ...caused,
    ...(rejected.length === 0 ? {} : { rejected: codes }),
  });
}

function accepted(request: RawRequest, asked: Asked): CollectAnswer {
  return asked.for === 'pixel' ? picture(request) : success(request);
}

/** Only a body that is no JSON or too large is refused, as Segment does; strictly, with RudderStack's words. */
function refuse(
  request: RawRequest,
  asked: Asked,
  problem: Unopened['problem'],
  { strict }: Collection,
): CollectAnswer {
  if (asked.for === 'pixel') return picture(request);
  if (strict) {
    if (problem === 'too-large') return strictRefusal(request, 413, 'request size exceeds max limit');
    return strictRefusal(request, 400, problem === 'empty' ? 'request body is nil' : 'invalid json');
  }
  return problem === 'too-large'
    ? refusal(request, 400, 'payload_too_large', 'the body is larger than the protocol allows')
    : refusal(request, 400, 'invalid_json', 'the body is no JSON object');
}

/** RudderStack's gateway refuses a whole request for one message of nobody. */
function strictProblem(envelope: Envelope, { rejected }: Said): string | undefined {
  if (envelope.messages.length === 0) return 'empty batch payload';
  const isNobodys = rejected.some(({ code }) => code === 'collection/nobody');
  return isNobodys ? 'request neither has anonymousId nor userId' : undefined;
}

/** The source of the most trusted key shown. A key that is not known may have been published a moment ago. */
async function findKey(deps: CollectDeps, [shown]: readonly string[]) {
  const collection = await deps.collection();
  const known = knownKey(collection, shown);
  if (known !== undefined || shown === undefined) return { collection, known };
  const latest = await deps.collection(HELD_FOR_STRANGERS_MS);
  return { collection: latest, known: knownKey(latest, shown) };
}

/** The key as shown, or the part before a colon: Jitsu's clients show `<id>:<secret>`. */
function knownKey(
  { sources }: Collection,
  shown: string | undefined,
): { readonly key: string; readonly source: string } | undefined {
  const key = [shown ?? '', shown?.split(':')[0] ?? ''].find((one) => Object.hasOwn(sources, one));
  return key === undefined ? undefined : { key, source: sources[key] ?? '' };
}
