import { TributaryError } from '../../domain/errors.ts';
import { errorOf, type Failure, unreadableAnswers, waitOf } from '../requests.ts';

/** Mailchimp documents no Retry-After. */
const DEFAULT_RETRY_MS = 5_000;

/** Mailchimp's answer to a request that failed, as far as it may be looked at. */
interface Refusal {
  readonly status: number;
  /** The problem document's title; undefined for an HTML or empty body. */
  readonly title: string | undefined;
}

interface Known extends Failure {
  readonly when: (refusal: Refusal) => boolean;
}

const refused: Failure = {
  kind: 'defect',
  code: 'mailchimp/request-refused',
  says: 'Mailchimp did not accept a request as we made it',
};

/** The first row that fits decides. What fits none is a defect until someone classifies it. */
const KNOWN: readonly Known[] = [
  {
    when: ({ status }) => status === 429,
    kind: 'rate-limited',
    code: 'mailchimp/too-many-requests',
    says: 'more than 10 requests at the same time with this API key; it is tried again later',
    retryAfterMs: DEFAULT_RETRY_MS,
  },
  {
    // The edge in front of the API answers bursts with an HTML 403 that says nothing about the key.
    when: ({ status, title }) => status === 403 && title === undefined,
    kind: 'rate-limited',
    code: 'mailchimp/too-many-requests',
    says: 'the network in front of Mailchimp turned the request away; it is tried again later',
    retryAfterMs: DEFAULT_RETRY_MS,
  },
  {
    when: ({ status }) => status === 401,
    kind: 'auth',
    code: 'mailchimp/key-refused',
    says: 'the API key is not valid; put a new one into the secret of this connection',
  },
  {
    when: ({ status }) => status === 403,
    kind: 'auth',
    code: 'mailchimp/forbidden',
    says: 'the API key belongs to another data centre or a user without access; make a key in the right account',
  },
  {
    when: ({ status }) => status === 404,
    kind: 'config',
    code: 'mailchimp/not-found',
    says: 'no such list, tag or campaign in this account; check `list` of this connection',
  },
  {
    // HTTP 599 is Mailchimp's own: the account is under compliance review (error glossary, "ComplianceRelated").
    when: ({ status }) => status === 599,
    kind: 'auth',
    code: 'mailchimp/account-under-review',
    says: 'the account is under compliance review; sign in to Mailchimp and follow what it asks',
  },
  {
    when: ({ status }) => status >= 500,
    kind: 'transient',
    code: 'mailchimp/unavailable',
    says: 'the request may or may not have been carried out; it is tried again, which changes nothing twice',
  },
];

/**
 * Whatever the vendor's client threw, as a TributaryError. The thrown value holds the request with its key and
 * addresses, so only its status, title and code are looked at and none of it becomes the cause.
 */
export function translateFailure(thrown: unknown, now: Date): TributaryError {
  if (thrown instanceof TributaryError) return thrown;
  const response = field(thrown, 'response');
  const status = field(response, 'status');
  if (typeof status !== 'number') return withoutAnswer(thrown);
  const title = field(field(response, 'body'), 'title');
  const refusal: Refusal = { status, title: typeof title === 'string' ? title : undefined };
  const told = `HTTP ${status} ${refusal.title ?? 'without a problem document'}`;
  const known = KNOWN.find((row) => row.when(refusal)) ?? refused;
  const header = field(field(response, 'headers'), 'retry-after');
  return errorOf(known, told, waitOf(typeof header === 'string' ? header : undefined, now));
}

/** An answer with status 200 whose body is not what the API promises, such as a proxy's HTML page. */
export const unreadableAnswer = unreadableAnswers('mailchimp', 'mailchimp/unreadable-answer');

/**
 * Why an address was left out of a tag, from the sentence Mailchimp gives; undefined when the sentence is not known.
 * Sentence recorded in ibericode/mailchimp-for-wordpress#771 (read 2026-08-22). All other states are read from the
 * member itself, because their sentences are not published.
 */
export function refusalIn(sentence: string): 'forgotten' | undefined {
  return /was permanently deleted/i.test(sentence) ? 'forgotten' : undefined;
}

function withoutAnswer(thrown: unknown): TributaryError {
  const code = field(thrown, 'code');
  const cause = new Error(typeof code === 'string' ? code : 'no answer');
  // The client parses the body before it looks at the status, and throws what the parser threw.
  if (thrown instanceof SyntaxError) return unreadableAnswer('JSON');
  if (typeof code !== 'string') {
    const name = thrown instanceof Error ? thrown.name : typeof thrown;
    return new TributaryError('defect', 'mailchimp/unknown-failure', `mailchimp's client failed: ${name}`, { cause });
  }
  if (code === 'ECONNABORTED') {
    return new TributaryError('transient', 'mailchimp/timeout', 'mailchimp did not answer in time; it is tried again', {
      cause,
    });
  }
  return new TributaryError(
    'transient',
    'mailchimp/unreachable',
    `mailchimp could not be reached (${code}); it is tried again`,
    { cause },
  );
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
