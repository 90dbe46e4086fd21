/** A month of a company that is compared: people known, those of them who do something, activities, nights of one audience. */
export const month = { people: 1_000_000, active: 100_000, activities: 10_000_000, nights: 30 } as const;

/** What a product's published prices make of the month. */
export interface Bought {
  readonly product: string;
  /** Undefined = no price is published for it, or none was found. */
  readonly dollars: number | undefined;
  readonly arithmetic: string;
  /** Where the price stands, and of when that page is. */
  readonly source: string;
  readonly not: string;
}

/**
 * Prices found published, read in November 2026 from stored copies of the pages that are named, which may be older than what
 * holds today. They are list prices: what is agreed with a seller is not known.
 */
export const boughtInstead: readonly Bought[] = [
  {
    product: 'Segment Connections, Team',
    // 10,000 people a month are in the plan; tiers above.
    dollars: 120 + 15_000 * 0.012 + 75_000 * 0.011,
    arithmetic: '$120 with 10,000 tracked users, 15,000 at $0.012, 75,000 at $0.011',
    source: 'getlago.com, “Clone Segment pricing”; volument.com (2026) says that Segment itself no longer shows it',
    not: 'audiences and profiles (Engage, Unify): sold by quote',
  },
  {
    product: 'Customer.io, Essentials',
    dollars: 100 + (month.people - 5_000) * 0.009,
    arithmetic: '$100 with 5,000 profiles, 995,000 at $0.009',
    source: 'docs.customer.io, “How we bill” (rate); mailflowauthority.com, March 2026 (plan)',
    not: 'sends e-mail too, which Tributary does not; larger plans are sold by quote',
  },
  {
    product: 'PostHog, product analytics',
    dollars: 1_000_000 * 0.000_05 + 8_000_000 * 0.000_034_3,
    arithmetic: 'a million events free, one at $0.00005, eight at $0.0000343 each',
    source: 'flexprice.io, PostHog pricing guide',
    not: 'exports to tools come on top, by row or trigger (posthog.com, September 2025)',
  },
  {
    product: 'Hightouch, Business',
    dollars: undefined,
    arithmetic: 'by rows queried a month, on a falling scale',
    source: 'hightouch.com/docs/pricing/bt-pricing: “custom”',
    not: 'needs a warehouse besides',
  },
  {
    product: 'RudderStack Cloud',
    dollars: undefined,
    arithmetic: 'by events a month',
    source: 'rudderstack.com/docs names plans, no prices',
    not: 'needs a warehouse for profiles and audiences',
  },
];
