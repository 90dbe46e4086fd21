import * as z from 'zod';
import { normaliseIdentifier, trimUnseen } from '../../domain/identifier.ts';
import { parseInstant } from '../../domain/instant.ts';
import { DURATION_PATTERN, parseDuration, suggestDuration } from '../../domain/segment/duration.ts';
import { PERCENT_PATTERN, parsePercent } from '../percent.ts';
import { readSchedule, SCHEDULE_FORMS, SCHEDULE_PATTERN, suggestSchedule } from '../schedule.ts';

/**
 * The fields that workspace files are made of. In these schemas the message of every issue is what was expected, in
 * words that follow "expected"; `params` carry the problem's code and a suggestion.
 */
interface Words<T> {
  readonly read: (words: string) => T | undefined;
  readonly code: string;
  readonly expected: string;
  readonly suggest?: (words: string) => string | undefined;
  /** For the published schema. */
  readonly meta: { readonly pattern?: string; readonly format?: string; readonly examples: string[] };
}

const DURATION: Words<number> = {
  read: (words) => parseDuration(words)?.ms,
  code: 'workspace/bad-duration',
  expected: 'a duration such as "30 days", "1 hour", "90 minutes" or "2 weeks"',
  suggest: suggestDuration,
  meta: { pattern: DURATION_PATTERN, examples: ['30 days', '1 hour'] },
};

const PERCENT: Words<number> = {
  read: parsePercent,
  code: 'workspace/bad-percent',
  expected: 'a percentage such as "20%"',
  suggest: (words) => (parsePercent(`${words.trim()}%`) === undefined ? undefined : `${words.trim()}%`),
  meta: { pattern: PERCENT_PATTERN, examples: ['20%', '2.5%'] },
};

const INSTANT: Words<number> = {
  read: parseInstant,
  code: 'workspace/bad-instant',
  expected: 'an RFC 3339 instant such as "2026-11-21T00:00:00Z"',
  meta: { format: 'date-time', examples: ['2026-11-21T00:00:00Z'] },
};

const DATE: Words<number> = {
  read: (words) => (/^\d{4}-\d{2}-\d{2}$/.test(words) ? parseInstant(`${words}T00:00:00Z`) : undefined),
  code: 'workspace/bad-instant',
  expected: 'a date such as "2027-03-31"',
  meta: { format: 'date', examples: ['2027-03-31'] },
};

const REVIEW: Words<number> = {
  read: (words) => (words.startsWith('every ') ? parseDuration(words.slice('every '.length))?.ms : undefined),
  code: 'workspace/bad-duration',
  expected: 'an interval such as "every 30 days"',
  suggest: (words) => {
    const duration = suggestDuration(words.replace(/^\s*every\s+/i, ''));
    return duration === undefined ? undefined : `every ${duration}`;
  },
  meta: { pattern: DURATION_PATTERN.replace('^', '^every '), examples: ['every 30 days'] },
};

const SCHEDULE: Words<string> = {
  read: (words) => readSchedule(words)?.words,
  code: 'workspace/bad-schedule',
  expected: `a schedule such as ${SCHEDULE_FORMS}`,
  suggest: suggestSchedule,
  meta: { pattern: SCHEDULE_PATTERN, examples: ['every 15 minutes', 'nightly at 01:00'] },
};

const SCHEDULE_OR_REALTIME: Words<string> = {
  ...SCHEDULE,
  read: (words) => (words === 'realtime' ? words : readSchedule(words)?.words),
  expected: `"realtime" or a schedule such as ${SCHEDULE_FORMS}`,
  meta: { pattern: `^realtime$|${SCHEDULE_PATTERN}`, examples: ['nightly at 04:00', 'realtime'] },
};

const BLOCKED: Words<string> = {
  read: readBlocked,
  code: 'workspace/bad-value',
  expected: 'an e-mail address, a phone number with its country code such as "+49 30 123456", or an id',
  meta: { examples: ['info@example.com', '+49 30 123456'] },
};

/** A duration, in milliseconds. */
export const duration = reading(DURATION);
/** A percentage, as a share from 0 to 1. */
export const share = reading(PERCENT);
/** The words of a schedule; `parseSchedule` gives them their meaning in the workspace's time zone. */
export const schedule = reading(SCHEDULE);
export const scheduleOrRealtime = reading(SCHEDULE_OR_REALTIME);

/** A value that stands for nobody, in the form in which it will arrive. */
export const blockedValue = reading(BLOCKED);

/** A duration, a percentage, an instant, a date, an interval: checked, and kept as written. */
export const durationAsWritten = checking(DURATION);
export const shareAsWritten = checking(PERCENT);
export const instantAsWritten = checking(INSTANT);
export const dateAsWritten = checking(DATE);
export const intervalAsWritten = checking(REVIEW);

/** Text that holds something. */
export const text = z.string().min(1);

const ID = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** The name of a segment, persona, audience or workspace. */
export const id = z.string().regex(ID, {
  error: 'lower-case letters, digits and hyphens, at most 64, such as "lapsing-customers"',
});

/** The name of a connection; `web` is the tracking protocol's own, and the secret `identity-key` is the workspace's. */
export const connectionName = z.string().regex(/^(?!(?:web|identity-key)$)[a-z][a-z0-9-]{0,39}$/, {
  error: 'a name of lower-case letters, digits and hyphens, at most 40, other than "web" and "identity-key"',
});

/** What has an "@" is an address, what begins with "+" a number, everything else an id: those are compared as they are. */
function readBlocked(written: string): string | undefined {
  const value = trimUnseen(written);
  const type = value.includes('@') ? 'email' : value.startsWith('+') ? 'phone' : 'id';
  const normalised = normaliseIdentifier({ type, value });
  if (normalised.ok) return normalised.identifier.value;
  // What is blocked for everybody has no normalised form.
  return normalised.reason === 'blocked' ? value.toLowerCase() : undefined;
}

function reading<T>(words: Words<T>) {
  return z
    .string({ error: words.expected })
    .meta(words.meta)
    .transform((written, context): T => {
      const value = words.read(written);
      if (value !== undefined) return value;
      context.issues.push(issueOf(words, written));
      return z.NEVER;
    });
}

function checking<T>(words: Words<T>) {
  return z
    .string({ error: words.expected })
    .check((payload) => {
      if (words.read(payload.value) === undefined) payload.issues.push(issueOf(words, payload.value));
    })
    .meta(words.meta);
}

function issueOf<T>({ code, expected, suggest }: Words<T>, input: string) {
  return { code: 'custom' as const, input, message: expected, params: { code, suggestion: suggest?.(input) } };
}
