import * as z from 'zod';
import { type FeatureRule, type LearnedRules, mostClusters } from '../../domain/learned/rules.ts';
import { parseSchedule } from '../schedule.ts';
import { duration, schedule, text } from './fields.ts';

const DAY = 86_400_000;

const did = text.meta({ description: 'The name of an activity.' });
const purchase = did.default('Order Completed').meta({ description: 'What a purchase is called.' });
const value = text.default('revenue').meta({ description: 'The property that holds what was paid.' });
const NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const name = z.string().regex(NAME, { error: 'lower-case letters, digits, "_" and "-", at most 40' });
const CLUSTERS = /^([2-8])(?:-([2-8]))?$/;

const feature = z
  .strictObject({
    did,
    within: duration.default(90 * DAY).meta({ description: 'How far back it is looked for. Default 90 days.' }),
    sum: text.optional().meta({ description: 'The property that is added up, instead of how often it was done.' }),
    days_since: z.literal('last').optional().meta({ description: 'The days since the last one, instead.' }),
  })
  .check(({ value: written, issues }) => {
    if (written.sum === undefined || written.days_since === undefined) return;
    const params = { code: 'workspace/bad-value' };
    issues.push({ code: 'custom', input: written, path: ['days_since'], message: 'either sum or days_since', params });
  });

type Written = Readonly<Record<string, z.output<typeof feature>>>;

const features = z
  .record(name, feature)
  .refine((written) => Object.keys(written).length > 0 && Object.keys(written).length <= 20, {
    error: 'one to twenty features, each under a name',
  });

const BOUGHT: Written = {
  orders: { did: 'Order Completed', within: 365 * DAY },
  revenue: { did: 'Order Completed', within: 365 * DAY, sum: 'revenue' },
  days_since_order: { did: 'Order Completed', within: 365 * DAY, days_since: 'last' },
};

/** What most workspaces know of people; what nobody does says nothing, and no harm is done. */
const USUAL = [
  'Product Viewed',
  'Product Added',
  'Order Completed',
  'Form Submitted',
  'Email Opened',
  'Email Link Clicked',
];

const rfm = z.strictObject({
  did: purchase,
  value,
  within: duration.default(365 * DAY).meta({ description: 'Purchases that count. Default 365 days.' }),
});

const clusters = z.strictObject({
  from: features.optional().meta({ description: 'What people are compared by. Default: orders, revenue, days since.' }),
  clusters: z
    .union([z.int().min(2).max(mostClusters), z.string().regex(CLUSTERS)], {
      error: `a number from 2 to ${mostClusters}, or a range such as "3-6"`,
    })
    .default(`2-${mostClusters}`)
    .meta({ description: 'How many clusters there may be; of a range, as many as part people best.' }),
});

const propensity = z.strictObject({
  did,
  within: duration.default(30 * DAY).meta({ description: 'The time in which it is done. Default 30 days.' }),
  from: features.optional().meta({ description: 'What it is foretold by. Default: it, and what people usually do.' }),
});

const lifetime = z.strictObject({
  did: purchase,
  value,
  horizon: duration.default(365 * DAY).meta({ description: 'The time to come. Default 365 days.' }),
});

/** `learned:` of tributary.yaml: an empty object takes the defaults, and what is not named is not learned. */
export const learned = z.strictObject({
  at: schedule.default('nightly at 03:30').meta({ description: 'When it is learned. Default: nightly at 03:30.' }),
  rfm: rfm.optional().meta({ description: 'learned.rfm.recency, frequency, monetary (1 to 5), score, cell' }),
  clusters: clusters.optional().meta({ description: 'learned.cluster: A, B, …' }),
  propensity: z
    .record(name, propensity)
    .optional()
    .meta({ description: 'learned.propensity.<name>: 0 to 1, how likely they do it within the time' }),
  lifetime_value: lifetime
    .optional()
    .meta({ description: 'learned.lifetime_value, learned.expected_purchases, learned.alive (0 to 1)' }),
});

/** The rules as definitions hold them. */
export function learnedFrom(written: z.output<typeof learned>, timezone: string): LearnedRules {
  const at = parseSchedule(written.at, timezone);
  if (at === undefined) throw new TypeError('a schedule that the file check accepted cannot be read');
  const { rfm: scored, clusters: alike, propensity: likely, lifetime_value: worth } = written;
  const propensities = Object.entries(likely ?? {}).map(([of, { did: target, within, from }]) => {
    return [of, { did: target, withinMs: within, features: featuresFrom(from ?? usualFor(target)) }] as const;
  });
  return {
    at,
    ...(scored === undefined ? {} : { rfm: { did: scored.did, value: scored.value, withinMs: scored.within } }),
    ...(alike === undefined
      ? {}
      : { clusters: { features: featuresFrom(alike.from ?? BOUGHT), ...rangeOf(alike.clusters) } }),
    ...(propensities.length === 0 ? {} : { propensity: Object.fromEntries(propensities) }),
    ...(worth === undefined
      ? {}
      : { lifetime_value: { did: worth.did, value: worth.value, horizonMs: worth.horizon } }),
  };
}

function usualFor(target: string): Written {
  const counted = [...new Set([target, ...USUAL])].map((one) => [nameOf(one), { did: one, within: 30 * DAY }] as const);
  return {
    ...Object.fromEntries(counted),
    [`${nameOf(target)}_90_days`]: { did: target, within: 90 * DAY },
    [`days_since_${nameOf(target)}`]: { did: target, within: 90 * DAY, days_since: 'last' },
  };
}

function nameOf(activity: string): string {
  return activity.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
}

function featuresFrom(written: Written): readonly FeatureRule[] {
  return Object.entries(written).map(([of, { did: activity, within, sum, days_since: since }]) => ({
    name: of,
    did: activity,
    withinMs: within,
    take: sum !== undefined ? { sum } : since !== undefined ? 'days_since_last' : 'count',
  }));
}

function rangeOf(written: number | string): { readonly least: number; readonly most: number } {
  const [, least, most] = CLUSTERS.exec(String(written)) ?? [];
  const ends = [Number(least), Number(most ?? least)];
  return { least: Math.min(...ends), most: Math.max(...ends) };
}
