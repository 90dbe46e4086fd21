/** How long an answer of an AWS service may take: one stalled connection must leave a function the time to ask again. */
export const ANSWER_MS = 6_000;

/**
 * What every client of the SDK is opened with. Its own limit is five minutes, longer than any function runs, and Lambda
 * freezes processes with open connections. Nothing here takes long: who waits for a message waits a second.
 */
export const clientConfig = {
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: ANSWER_MS, throwOnRequestTimeout: true },
} as const;
