/** The seven kinds of data about a person, in the order in which a profile shows them. */
export const facetNames = [
  'identity',
  'demographic',
  'geographic',
  'firmographic',
  'behavioural',
  'implicit',
  'explicit',
] as const;

export type FacetName = (typeof facetNames)[number];

/** What values of a trait are. A value of another type is kept as it was told, and the profile says `mismatch`. */
export const traitTypes = [
  'text',
  'number',
  'boolean',
  'instant',
  'date',
  'list',
  'email',
  'phone',
  'country',
  'region',
  'url',
] as const;

export type TraitType = (typeof traitTypes)[number];

/** What is known about a trait besides its values. */
export interface TraitKind {
  readonly facet: FacetName;
  readonly type?: TraitType;
  readonly title?: string;
}

/** Traits that a workspace or a connector names: a path, or the beginning of paths (`scores` is also `scores.fit`). */
export type TraitKinds = Readonly<Record<string, TraitKind>>;

const address = (under: string, of: string, facet: FacetName): TraitKinds => ({
  [`${under}street`]: { facet, type: 'text', title: `Street${of}` },
  [`${under}city`]: { facet, type: 'text', title: `City${of}` },
  [`${under}metro`]: { facet, type: 'text', title: `Metropolitan area${of}` },
  [`${under}region`]: { facet, type: 'region', title: `Region${of}, ISO 3166-2` },
  [`${under}postal_code`]: { facet, type: 'text', title: `Postal code${of}` },
  [`${under}country`]: { facet, type: 'country', title: `Country${of}, ISO 3166-1` },
});

/**
 * Standard traits. Names follow the Segment spec where it has one, in snake case; `company.*` is what accounts tell of
 * the companies of a person.
 */
const standardTraits: TraitKinds = {
  email: { facet: 'identity', type: 'email', title: 'E-mail address' },
  phone: { facet: 'identity', type: 'phone', title: 'Mobile phone' },
  work_phone: { facet: 'identity', type: 'phone', title: 'Phone at work' },
  name: { facet: 'identity', type: 'text', title: 'Name' },
  first_name: { facet: 'identity', type: 'text', title: 'First name' },
  last_name: { facet: 'identity', type: 'text', title: 'Last name' },
  username: { facet: 'identity', type: 'text', title: 'User name' },
  avatar: { facet: 'identity', type: 'url', title: 'Picture' },
  website: { facet: 'identity', type: 'url', title: 'Website' },
  description: { facet: 'identity', type: 'text', title: 'Description' },

  age: { facet: 'demographic', type: 'number', title: 'Age' },
  birthday: { facet: 'demographic', type: 'date', title: 'Birthday' },
  gender: { facet: 'demographic', type: 'text', title: 'Gender' },
  language: { facet: 'demographic', type: 'text', title: 'Language' },
  locale: { facet: 'demographic', type: 'text', title: 'Language and country of the device' },

  ...address('address.', '', 'geographic'),
  ...address('location.', ' where last seen', 'geographic'),
  timezone: { facet: 'geographic', type: 'text', title: 'Time zone' },
  'location.timezone': { facet: 'geographic', type: 'text', title: 'Time zone where last seen' },

  title: { facet: 'firmographic', type: 'text', title: 'Job title' },
  department: { facet: 'firmographic', type: 'text', title: 'Department' },
  'company.id': { facet: 'firmographic', type: 'text', title: "Company's id" },
  'company.name': { facet: 'firmographic', type: 'text', title: 'Company' },
  'company.type': { facet: 'firmographic', type: 'text', title: 'Kind of company' },
  'company.industry': { facet: 'firmographic', type: 'text', title: 'Industry' },
  'company.employees': { facet: 'firmographic', type: 'number', title: 'Employees' },
  'company.annual_revenue': { facet: 'firmographic', type: 'number', title: 'Revenue a year' },
  'company.plan': { facet: 'firmographic', type: 'text', title: "Company's plan" },
  'company.website': { facet: 'firmographic', type: 'url', title: "Company's website" },
  'company.email': { facet: 'firmographic', type: 'email', title: "Company's e-mail address" },
  'company.phone': { facet: 'firmographic', type: 'phone', title: "Company's phone" },
  ...address('company.address.', ' of the company', 'firmographic'),

  created_at: { facet: 'behavioural', type: 'instant', title: 'Known since' },
  last_seen_at: { facet: 'behavioural', type: 'instant', title: 'Last seen' },
  customer_since: { facet: 'behavioural', type: 'date', title: 'Customer since' },
  lifecycle_stage: { facet: 'behavioural', type: 'text', title: 'Lifecycle stage' },
  plan: { facet: 'behavioural', type: 'text', title: 'Plan' },
  lead_source: { facet: 'behavioural', type: 'text', title: 'Where the lead came from' },
  lead_status: { facet: 'behavioural', type: 'text', title: 'Status of the lead' },

  score: { facet: 'implicit', type: 'number', title: 'Score' },
  sentiment: { facet: 'implicit', type: 'text', title: 'Sentiment' },

  'computed.interests': { facet: 'implicit', type: 'list', title: 'What they are interested in' },
  'computed.top_interest': { facet: 'implicit', type: 'text', title: 'What interests them most' },
  'computed.channel': { facet: 'implicit', type: 'text', title: 'Channel on which they answer most' },
  'computed.best_hour': { facet: 'implicit', type: 'number', title: 'Hour at which they answer most, 0 to 23' },
  'computed.email_engagement': { facet: 'implicit', type: 'number', title: 'Part of their mail that they answer' },
  'computed.sentiment': { facet: 'implicit', type: 'number', title: 'How they feel in what they write, -1 to 1' },
  'computed.sentiment_trend': { facet: 'implicit', type: 'text', title: 'Where that is going' },

  'learned.rfm.recency': { facet: 'implicit', type: 'number', title: 'How lately they bought, 1 to 5' },
  'learned.rfm.frequency': { facet: 'implicit', type: 'number', title: 'How often they buy, 1 to 5' },
  'learned.rfm.monetary': { facet: 'implicit', type: 'number', title: 'How much they spend, 1 to 5' },
  'learned.rfm.score': { facet: 'implicit', type: 'text', title: 'Recency, frequency, monetary value' },
  'learned.rfm.cell': { facet: 'implicit', type: 'text', title: 'What kind of customer they are' },
  'learned.cluster': { facet: 'implicit', type: 'text', title: 'Whom they are like' },
  'learned.alive': { facet: 'implicit', type: 'number', title: 'How likely they still are a customer, 0 to 1' },
  'learned.expected_purchases': { facet: 'implicit', type: 'number', title: 'Purchases to come' },
  'learned.lifetime_value': { facet: 'implicit', type: 'number', title: 'What they will spend' },

  interests: { facet: 'explicit', type: 'list', title: 'Interests' },
};

/** Beginnings of paths whose facet is certain whatever stands under them. */
const standardBranches: Readonly<Record<string, FacetName>> = {
  address: 'geographic',
  learned: 'implicit',
  location: 'geographic',
  company: 'firmographic',
  // What visits of websites and apps leave behind.
  ...Object.fromEntries(
    ['sessions', 'first_touch', 'last_touch', 'page', 'device', 'browser', 'os', 'app'].map(
      (branch) => [branch, 'behavioural'] as const,
    ),
  ),
};

/** Finds what is known about a trait by its path. */
export interface Catalogue {
  /** The kind of a path: named exactly, or by the longest beginning. Undefined: a custom trait that nobody named. */
  readonly kindOf: (path: string) => TraitKind | undefined;
}

/** The standard traits with those that a workspace and its connectors name; theirs come first. */
export function openCatalogue(named: TraitKinds = {}): Catalogue {
  const exact = new Map(Object.entries({ ...standardTraits, ...named }));
  const branches = new Map<string, TraitKind>(
    Object.entries(standardBranches).map(([path, facet]) => [path, { facet }]),
  );
  for (const [path, { facet, type }] of Object.entries(named)) {
    branches.set(path, { facet, ...(type === undefined ? {} : { type }) });
  }
  return {
    kindOf(path) {
      const found = exact.get(path);
      if (found !== undefined) return found;
      for (let cut = path.lastIndexOf('.'); cut > 0; cut = path.lastIndexOf('.', cut - 1)) {
        const branch = branches.get(path.slice(0, cut));
        if (branch !== undefined) return branch;
      }
      return undefined;
    },
  };
}
