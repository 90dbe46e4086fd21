import type { Change, FragmentId, Rejection } from '../domain/change.ts';
import type { Json } from '../domain/json.ts';

/** A request exactly as it arrived. Header names are lower case. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A vendor's webhook. Proof first, on raw bytes; then parse. All pure. */
export interface WebhookSource<Config, Secret> {
  readonly proof: 'hmac' | 'public-key' | 'url-secret';
  /**
   * Objects of which deliveries are changes of the record itself, not hints: what a delivery alone told cannot be read again,
   * so a replay takes nothing of such records away. Absent = deliveries only hint, or tell activities.
   */
  readonly tells?: readonly string[];
  verify(request: RawRequest, config: Config, secret: Secret, now: Date): Verification;
  /** The answer to a vendor's own check of the URL; undefined when the request is no such check. */
  handshake?(request: RawRequest, config: Config, secret: Secret): WebhookAnswer | undefined;
  /**
   * Only ever called with a verified request. Throws TributaryError `rejected` when the body cannot be read: the tool is
   * told so, and sends it again. What can be read and means nothing is a delivery with its rejection.
   */
  parse(request: RawRequest, connection: string, config: Config): readonly Delivery[];
  /** What the vendor must be answered once the deliveries are safely queued. Absent = 200 with an empty body. */
  acknowledge?(request: RawRequest): WebhookAnswer;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly body: string;
  readonly contentType?: string;
}

export type Verification =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'missing-proof' | 'bad-proof' | 'stale' };

/**
 * Events that the vendor puts on an EventBridge bus in our account. There is no signature: the proof is the bus, on which
 * nobody but the vendor can put anything, and a connection names its own (`event_bus`).
 */
export interface EventSource<Config> {
  /** How the names of the vendor's buses begin: `aws.partner/example.com/`. */
  readonly buses: readonly string[];
  /** Pure, and total: nobody is there to be told that an event cannot be read, so that is a delivery with its rejection. */
  parse(event: BusEvent, connection: string, config: Config): readonly Delivery[];
}

/** The parts of EventBridge's envelope that are used (EventBridge user guide, events). */
export interface BusEvent {
  /** EventBridge's own id of the event. */
  readonly id: string;
  /** The name of the bus that it came by. */
  readonly source: string;
  readonly detailType: string;
  readonly detail: Json;
}

/**
 * One thing a vendor told: a change that is proven, a hint to read records again, that some records of a stream changed
 * without saying which, or what is to be quarantined. `deliveryId` is the dedupe key.
 */
export type Delivery =
  | { readonly deliveryId: string; readonly change: Change }
  | { readonly deliveryId: string; readonly rejection: Rejection }
  | {
      readonly deliveryId: string;
      readonly hint: {
        readonly stream: string;
        readonly ids: readonly string[];
        /** Records whose person may have withdrawn consent: nobody of them is added anywhere until they are read again. */
        readonly withdraws?: readonly FragmentId[];
      };
    }
  | { readonly deliveryId: string; readonly pull: { readonly stream: string } };
