import * as z from 'zod';
import { googleKey } from '../google-sign-in.ts';

const parameter = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'expected the name of a parameter such as plan_name');

/** As the API names them; `customEvent:plan` is one of the property's own. */
const field = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]*(?::[A-Za-z0-9_]+)?$/, 'expected a name of the Data API schema such as sessionSource');

const report = z.strictObject({
  /** Besides the date, which every report has. */
  dimensions: z
    .array(field.refine((name) => name !== 'date' && name !== 'dateRange', 'expected no date: each report is by day'))
    .max(8)
    .default([]),
  metrics: z.array(field, 'expected at least one metric such as sessions').min(1).max(10),
});

/** Names that hold for every property (API dimensions and metrics, read on 2026-11-26). */
const usual = { channels: { dimensions: ['sessionDefaultChannelGroup'], metrics: ['activeUsers', 'sessions'] } };

/** What an operator says about a GA4 property in tributary.yaml. */
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
  /** The property whose reports are read: the number under Admin → Property details, in quotes or not. */
  property: z
    .union([z.string(), z.int()], { error: 'expected the number of a property such as 123456789' })
    .transform(String)
    .refine((id) => /^\d{1,20}$/.test(id), 'expected the number of a property such as 123456789, not G-…')
    .optional(),
  /** Questions that are asked of each day, by names of yours. */
  reports: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, 'expected a lower-case name such as channels'), report)
    .refine((asked) => Object.keys(asked).length > 0, 'expected at least one report')
    .default(usual),
  /** How many days a first run reads back. */
  history_days: z.int().min(1).max(400).default(90),
});

/** Of a service account that may read the property. Connections without streams have none: rows are sent to them. */
export const secret = googleKey;

export type Config = z.infer<typeof config>;
export type Secret = z.infer<typeof secret>;
export type Report = z.infer<typeof report>;
