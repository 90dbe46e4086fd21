import * as z from 'zod';
import { facetNames, traitTypes } from '../../domain/facet/catalogue.ts';
import { computed } from './computed.ts';
import { blockedValue, connectionName, duration, id, schedule, share, text } from './fields.ts';
import { guardrailFields } from './guardrails.ts';
import { learned } from './learned.ts';
import { measures } from './measures.ts';
import { isTimezone, nearestTimezone } from './time-zones.ts';

const LIMIT = /^([1-9][0-9]{0,2}) per week$/;

/** What a connection holds whatever its connector; the rest belongs to the connector's own config schema. */
export const connectionFields = {
  connector: text.meta({ description: 'Which connector speaks to the tool, such as "mailchimp".' }),
  endpoint: z
    .string()
    .regex(/^(simulator|https?:\/\/\S+)$/, { error: '"simulator" or a base URL' })
    .optional()
    .meta({ description: 'Another base URL: a sandbox, a proxy, a recording; "simulator" on the local stage.' }),
  streams: z.record(text, schedule).default({}).meta({ description: 'What is read, and when.' }),
  webhook: z.boolean().default(false).meta({ description: 'Whether the tool may tell us of changes at once.' }),
  event_bus: z
    .string()
    // The name of a bus (EventBridge API reference, CreateEventBus); one of a partner is called as its event source is.
    .regex(/^aws\.partner\/[A-Za-z0-9._/-]{1,240}$/, { error: 'the name of a partner event bus, "aws.partner/…"' })
    .optional()
    .meta({ description: 'The partner event bus in EventBridge that the tool puts its events on.' }),
  requests_per_day: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'Requests that the account may make in a day, all tools together.' }),
  erasure: z.enum(['delete', 'remove', 'leave']).optional().meta({
    description:
      'What becomes of an erased person there: "delete" their records for good, "remove" them from lists, "leave" them.',
  }),
  quota: share.default(0.3).meta({ description: "Share of the account's daily quota that may be spent." }),
};

const limit = z.union([z.int().min(1).max(1000), z.string().regex(LIMIT).transform(readWeekly)], {
  error: 'a whole number, or a number per week such as "5 per week"',
});

const traitPath = z.string().regex(/^[^.\s]+(\.[^.\s]+)*$/, { error: 'a trait path such as "plan" or "scores.fit"' });

const identity = z.strictObject({
  priorities: z
    .record(text, z.array(text).min(1))
    .default({})
    .meta({ description: 'Trait path, or "*" for all, and the connections whose value wins, best first.' }),
  blocked: z
    .array(blockedValue)
    .default([])
    .meta({ description: 'Values that stand for nobody; phone numbers with their country code.' }),
  limits: z.record(text, limit).default({}).meta({ description: 'How many identifiers of a type a person may have.' }),
  shared_at: z
    .int()
    .min(2)
    .max(100)
    .default(3)
    .meta({ description: 'An identifier linked to this many user_ids is shared and joins nobody.' }),
  countries: z
    .record(text, z.string().regex(/^[A-Z]{2}$/, { error: 'a country code such as "DE" (ISO 3166-1 alpha-2)' }))
    .default({})
    .meta({ description: 'Connection, and the country of phone numbers written without one.' }),
  duplicates: z
    .union(
      [z.literal('off'), z.strictObject({ threshold: share.default(0.85), numbers: z.array(traitPath).optional() })],
      {
        error: '"off", or { threshold: 85% }',
      },
    )
    .default({ threshold: 0.85 })
    .meta({
      description:
        'How likely one person two people must be to be suggested as duplicates, and traits that hold a number of one person, such as a customer card; "off": nobody is compared.',
    }),
});

const traitKind = z.strictObject({
  facet: z.enum(facetNames).meta({ description: 'Which kind of data it is.' }),
  type: z.enum(traitTypes).optional().meta({ description: 'What its values are; others are shown as a mismatch.' }),
  title: text.optional().meta({ description: 'What people call it.' }),
});

/** Traits of a workspace's own. */
export const traitKinds = z
  .record(traitPath, traitKind)
  .default({})
  .meta({ description: 'Traits of your own: a path, or the beginning of paths, and what it is.' });

const guardrails = z.strictObject({
  ...guardrailFields,
  max_add: guardrailFields.max_add.default(0.2),
  max_remove: guardrailFields.max_remove.default(0.05),
  min_source: guardrailFields.min_source.default(0.8),
});

const listening = z.strictObject({
  to: z
    .array(text)
    .min(1)
    .default(['Comment Posted', 'Mention Posted', 'Message Received'])
    .meta({ description: 'Names of activities whose property "text" is read.' }),
  topics: z
    .record(text, z.array(text).min(1))
    .default({})
    .meta({ description: 'Topic, and the words and phrases that speak of it.' }),
});

const DAY = 86_400_000;

const privacy = z.strictObject({
  activities_kept: duration.default(400 * DAY).meta({ description: 'How long activities are kept.' }),
  archive_kept: duration.default(90 * DAY).meta({ description: 'How long received pages are kept.' }),
});

const collection = z.strictObject({
  write_keys: z
    .record(text, z.string().regex(/^[A-Za-z0-9_-]{4,64}$/, { error: 'a write key of letters, digits, "_" and "-"' }))
    .default({})
    .meta({ description: 'Source, and the public key that its websites or apps send with.' }),
  strict: z
    .boolean()
    .default(false)
    .meta({ description: 'Refuse messages that cannot be used, as the gateway of RudderStack does.' }),
});

const timezone = z
  .string()
  .check((payload) => {
    if (isTimezone(payload.value)) return;
    const params = { code: 'workspace/bad-timezone', suggestion: nearestTimezone(payload.value) };
    const message = 'an IANA time zone such as "Europe/Berlin"';
    payload.issues.push({ code: 'custom', input: payload.value, message, params });
  })
  .meta({ description: 'The IANA time zone of schedules and calendar windows.', examples: ['Europe/Berlin'] });

const consoleAccess = z.strictObject({
  sign_in: z
    .string()
    // Cognito: letters, digits and hyphens in between, at most 63, and none of three words (CreateUserPoolDomain).
    .regex(/^(?!.*(?:aws|amazon|cognito))[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, {
      error: 'a name of lower-case letters, digits and hyphens, without "aws", "amazon" and "cognito"',
    })
    .meta({ description: 'The name of its sign-in page; nobody else in the region may have it.' }),
});

/** tributary.yaml: connections and schedules, identity rules, guardrails, privacy, collection. */
export const tributaryFile = z.strictObject({
  workspace: id.meta({ description: 'The name of the workspace.' }),
  timezone,
  connections: z
    .record(connectionName, z.looseObject(connectionFields))
    .default({})
    .meta({ description: 'Accounts of tools, by a name of your own.' }),
  collection: collection.prefault({}),
  console: consoleAccess.optional().meta({ description: 'Lets people sign in to the console when it is deployed.' }),
  identity: identity.prefault({}),
  traits: traitKinds,
  computed: computed.optional().meta({ description: 'Traits that are computed from what people do.' }),
  learned: learned.optional().meta({ description: 'Traits that are learned from what everybody does.' }),
  listening: listening.optional().meta({ description: 'What people write is read for sentiment and topic.' }),
  measures: measures.optional().meta({ description: 'What counts as engagement, revenue and feedback.' }),
  guardrails: guardrails.prefault({}),
  privacy: privacy.prefault({}),
});

export type TributaryFile = z.infer<typeof tributaryFile>;

function readWeekly(words: string): { most: number; per: 'week' } {
  return { most: Number(LIMIT.exec(words)?.[1] ?? 0), per: 'week' };
}
