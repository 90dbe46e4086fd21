import * as z from 'zod';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const traitName = z.string().regex(/^[a-z0-9_]+(?:\.[a-z0-9_]+)*$/, 'expected a trait name');
const propertyName = z.string().regex(/^[a-z0-9_]+$/, 'expected a property name such as value');
/** A path of the mapping's: a dot would walk into an object. */
const klaviyoName = z.string().regex(/^[^.]{1,250}$/, 'expected a name without dots');

/** Metrics that our own additions to lists may make. The stream `list-joins` tells of lists, and knows which were ours. */
const OF_LISTS: ReadonlySet<string> = new Set(['Subscribed to List', 'Unsubscribed from List']);

/** What an operator says about a Klaviyo connection in tributary.yaml. */
export const config = z.strictObject({
  /** How far each run of `profiles` and `list-joins` reads back before the last one's end. */
  lookback_minutes: z.int().min(1).max(1440).default(5),
  /** The same of `events`, which have the time that whoever sent them gave and may come much later. */
  events_lookback_hours: z.int().min(1).max(720).default(6),
  /** Traits from the account's own profile properties: `tier: Loyalty tier`. */
  fields: z.record(traitName, klaviyoName).default({}),
  /** The identifier that `external_id` is, such as user_id; without it, it joins nobody. */
  external_id: z
    .string()
    .regex(/^[a-z0-9_]+(?:\.[a-z0-9_]+)?$/, 'expected a type of identifier such as user_id')
    .optional(),
  /** More metrics that become activities, by their names: `Placed Order: Order Completed`. */
  metrics: z
    .record(
      klaviyoName.refine(
        (name) => !OF_LISTS.has(name),
        'expected another metric: the stream list-joins tells of lists',
      ),
      z.string().trim().min(1, 'expected the name of an activity').max(100),
    )
    .default({}),
  /** Properties of activities from properties of events: `order_id: OrderId`. */
  event_properties: z.record(propertyName, klaviyoName).default({}),
  /** Only who joins these lists is told; without it, of all lists. */
  lists: z.array(z.string().trim().min(1, 'expected the name of a list')).optional(),
});

/** `webhook_secret` is the `secret_key` that the system webhook was made with; only webhooks need it. */
export const secret = z.strictObject({
  private_key: z.string('expected private_key, a private API key').min(1, 'expected private_key, a private API key'),
  webhook_secret: z.string().min(1, 'expected the secret key of the webhook').optional(),
});

export type Config = z.infer<typeof config>;
export type Secret = z.infer<typeof secret>;

export function lookbackMs({ lookback_minutes }: Config): number {
  return lookback_minutes * MINUTE;
}

export function eventsLookbackMs({ events_lookback_hours }: Config): number {
  return events_lookback_hours * HOUR;
}
