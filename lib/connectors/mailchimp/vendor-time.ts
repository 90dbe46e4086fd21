import { formatInstant, type Milliseconds } from '../../domain/instant.ts';

/** Mailchimp reads ISO 8601 and drops fractions of a second without rounding (brandonseydel/MailChimp.Net#525). */
export function vendorTime(at: Milliseconds): string {
  return `${formatInstant(at).slice(0, 19)}+00:00`;
}
