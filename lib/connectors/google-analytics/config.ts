import * as z from 'zod';

const parameter = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'expected the name of a parameter such as plan_name');

/** What an operator says about rows of a GA4 property in tributary.yaml. */
export const config = z.strictObject({
  /** The identifier that the export's `user_id` is, such as user_id; without it, it is not read. */
  user_id: z
    .string()
    .regex(/^[a-z0-9_]+(?:\.[a-z0-9_]+)?$/, 'expected a type of identifier such as user_id')
    .optional(),
  /** More events that become activities, or other names for known ones: `demo_booked: Demo Booked`. */
  events: z
    .record(
      z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,39}$/, 'expected the name of an event such as demo_booked'),
      z.string().trim().min(1, 'expected the name of an activity').max(100),
    )
    .default({}),
  /** Properties of activities from parameters of events: `plan: plan_name`. */
  event_properties: z
    .record(z.string().regex(/^[a-z0-9_]+$/, 'expected a property name such as plan'), parameter)
    .default({}),
});

/** There is nothing to sign in to: rows are sent to us. */
export const secret = z.strictObject({});

export type Config = z.infer<typeof config>;
