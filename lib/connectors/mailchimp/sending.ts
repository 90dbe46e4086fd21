import { TributaryError } from '../../domain/errors.ts';
import { type Milliseconds, parseInstant } from '../../domain/instant.ts';
import type { Counted } from './client.ts';

/** A campaign as both listings have it: streams go through campaigns in order of sending. */
interface Sent {
  readonly id: string;
  readonly send_time: string;
}

export function sentAt({ send_time }: Sent): Milliseconds {
  return parseInstant(send_time) ?? 0;
}

export function bySending(a: Sent, b: Sent): number {
  return besidePlace(a, { sent: sentAt(b), id: b.id });
}

/** Negative = sent before a place in a checkpoint, 0 = the campaign of that place. */
export function besidePlace(
  campaign: Sent,
  { sent, id }: { readonly sent: Milliseconds; readonly id: string },
): number {
  return sentAt(campaign) - sent || (campaign.id < id ? -1 : campaign.id > id ? 1 : 0);
}

/** Rows of a campaign. It can be deleted after it was listed; its own are gone with it, those of others are not. */
export async function unlessDeleted(rows: Promise<Counted>): Promise<Counted> {
  try {
    return await rows;
  } catch (thrown) {
    if (thrown instanceof TributaryError && thrown.code === 'mailchimp/not-found') return { items: [], total: 0 };
    throw thrown;
  }
}
