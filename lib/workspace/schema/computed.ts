import * as z from 'zod';
import type { ComputedRules } from '../../domain/computed/rules.ts';
import { duration, text } from './fields.ts';

const DAY = 86_400_000;

const weight = z.number().positive().max(1000).default(1).meta({ description: 'How much one counts. Default 1.' });
const did = text.meta({ description: 'The name of an activity.' });
const least = z.int().min(1).max(64).default(3).meta({
  description: 'How many must be known before anything is said. Default 3.',
});
const halfLife = (days: number) =>
  duration.default(days * DAY).meta({ description: `After how long one counts half as much. Default ${days} days.` });

const interests = z.strictObject({
  from: z
    .array(z.strictObject({ did, by: text.meta({ description: 'The property that names the interest.' }), weight }))
    .min(1)
    .default([
      { did: 'Product Viewed', by: 'category', weight: 1 },
      { did: 'Product Added', by: 'category', weight: 3 },
      { did: 'Order Completed', by: 'category', weight: 5 },
      { did: 'Comment Posted', by: 'topic', weight: 2 },
      { did: 'Mention Posted', by: 'topic', weight: 2 },
    ])
    .meta({ description: 'What is done about what.' }),
  half_life: halfLife(90),
  at_least: least,
});

const channel = z.strictObject({
  from: z
    .array(z.strictObject({ did, channel: text.meta({ description: 'The channel that it is an answer on.' }), weight }))
    .min(1)
    .default([
      { did: 'Email Opened', channel: 'email', weight: 1 },
      { did: 'Email Link Clicked', channel: 'email', weight: 3 },
      { did: 'Comment Posted', channel: 'social', weight: 3 },
      { did: 'Mention Posted', channel: 'social', weight: 3 },
      { did: 'Form Submitted', channel: 'web', weight: 3 },
      { did: 'Meeting Held', channel: 'meeting', weight: 5 },
    ])
    .meta({ description: 'What counts as an answer, and on which channel.' }),
  half_life: halfLife(90),
  at_least: least,
});

const answers = [
  { did: 'Email Opened', weight: 1 },
  { did: 'Email Link Clicked', weight: 1 },
];

const signals = z.array(z.strictObject({ did, weight })).min(1);

const bestHour = z.strictObject({
  from: signals.default(answers).meta({ description: 'What counts as an answer.' }),
  half_life: halfLife(90),
  at_least: least,
});

const emailEngagement = z.strictObject({
  sent: z.array(did).min(1).default(['Email Delivered']).meta({ description: 'What a letter that arrived is called.' }),
  from: signals
    .default(answers.map(({ did: name }) => ({ did: name, weight: 0.5 })))
    .meta({ description: 'What counts as an answer, as a part of one.' }),
  half_life: halfLife(90),
  at_least: least,
});

const sentiment = z.strictObject({
  from: z
    .array(
      z.strictObject({ did, by: text.default('sentiment').meta({ description: 'The property, -1 to 1.' }), weight }),
    )
    .min(1)
    .default([
      { did: 'Comment Posted', by: 'sentiment', weight: 1 },
      { did: 'Mention Posted', by: 'sentiment', weight: 1 },
      { did: 'Message Received', by: 'sentiment', weight: 1 },
    ])
    .meta({ description: 'What is written.' }),
  half_life: halfLife(90),
  trend: duration.default(14 * DAY).meta({ description: 'The half-life that it is compared with. Default 14 days.' }),
  at_least: least,
});

/** `computed:` of tributary.yaml: an empty object takes the defaults, and what is not named is not computed. */
export const computed = z.strictObject({
  interests: interests.optional().meta({ description: 'computed.interests, computed.top_interest' }),
  channel: channel.optional().meta({ description: 'computed.channel: where they answer most' }),
  best_hour: bestHour.optional().meta({ description: 'computed.best_hour: 0 to 23, on their own clock' }),
  email_engagement: emailEngagement.optional().meta({ description: 'computed.email_engagement: 0 to 1' }),
  sentiment: sentiment.optional().meta({ description: 'computed.sentiment, computed.sentiment_trend' }),
});

/** The rules as definitions hold them. */
export function computedFrom(written: z.output<typeof computed>, timezone: string): ComputedRules {
  const weighing = (rule: { readonly half_life: number; readonly at_least: number }) => ({
    halfLifeMs: rule.half_life,
    least: rule.at_least,
  });
  const { interests: liked, channel: best, best_hour: hour, email_engagement: mail, sentiment: felt } = written;
  return {
    ...(liked === undefined ? {} : { interests: { ...weighing(liked), from: liked.from } }),
    ...(best === undefined ? {} : { channel: { ...weighing(best), from: best.from } }),
    ...(hour === undefined ? {} : { best_hour: { ...weighing(hour), from: hour.from, timezone } }),
    ...(mail === undefined ? {} : { email_engagement: { ...weighing(mail), from: mail.from, sent: mail.sent } }),
    ...(felt === undefined ? {} : { sentiment: { ...weighing(felt), from: felt.from, trendMs: felt.trend } }),
  };
}
