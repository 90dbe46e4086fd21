import * as z from 'zod';

/** How somebody stands to a channel, in words of ours, and since when. */
export interface Stand {
  readonly state: string;
  readonly at: string | null;
}

const text = z.string().nullish();

const emailMarketing = z.looseObject({
  consent: text,
  consent_timestamp: text,
  double_optin: z.boolean().nullish(),
  can_receive_email_marketing: z.boolean().nullish(),
  suppression: z.array(z.looseObject({ reason: z.string(), timestamp: text })).nullish(),
  last_updated: text,
});

const smsMarketing = z.looseObject({ consent: text, consent_timestamp: text, last_updated: text });

/** Left open where Klaviyo may add; a profile without any of it is one that tells nothing of consent. */
export const subscriptions = z.looseObject({
  email: z.looseObject({ marketing: emailMarketing.nullish() }).nullish(),
  sms: z.looseObject({ marketing: smsMarketing.nullish() }).nullish(),
});

export type Subscriptions = z.infer<typeof subscriptions>;

/** Reasons of a suppression, those that the person gave first. Whatever else Klaviyo calls one is the company's too. */
const reasons = ['UNSUBSCRIBE', 'SPAM_COMPLAINT', 'HARD_BOUNCE', 'INVALID_EMAIL', 'USER_SUPPRESSED'];
const words: Readonly<Record<string, string>> = { UNSUBSCRIBE: 'unsubscribed' };

/** Suppression goes before consent: somebody who is subscribed and suppressed gets nothing. */
export function emailStand({ email }: Subscriptions): Stand {
  const marketing = email?.marketing;
  const suppressed = [...(marketing?.suppression ?? [])].sort((a, b) => rankOf(a.reason) - rankOf(b.reason))[0];
  if (suppressed !== undefined) {
    const { reason, timestamp } = suppressed;
    const known = words[reason] ?? (reasons.includes(reason) ? reason.toLowerCase() : 'suppressed');
    return { state: known, at: timestamp ?? null };
  }
  const at = marketing?.consent_timestamp ?? null;
  if (marketing?.consent === 'UNSUBSCRIBED') return { state: 'unsubscribed', at };
  if (marketing?.consent !== 'SUBSCRIBED') return { state: 'never_subscribed', at: null };
  if (marketing.can_receive_email_marketing === false) return { state: 'suppressed', at };
  return { state: marketing.double_optin === true ? 'confirmed' : 'subscribed', at };
}

export function smsStand({ sms }: Subscriptions): Stand {
  const marketing = sms?.marketing;
  const at = marketing?.consent_timestamp ?? null;
  if (marketing?.consent === 'SUBSCRIBED') return { state: 'subscribed', at };
  if (marketing?.consent === 'UNSUBSCRIBED') return { state: 'unsubscribed', at };
  return { state: 'never_subscribed', at: null };
}

/** Every instant at which something of it changed. */
export function instantsOf({ email, sms }: Subscriptions): (string | null | undefined)[] {
  const marketing = email?.marketing;
  return [
    marketing?.last_updated,
    marketing?.consent_timestamp,
    ...(marketing?.suppression ?? []).map(({ timestamp }) => timestamp),
    sms?.marketing?.last_updated,
    sms?.marketing?.consent_timestamp,
  ];
}

function rankOf(reason: string): number {
  const rank = reasons.indexOf(reason);
  return rank === -1 ? reasons.length : rank;
}
