import type { Json } from '../../domain/json.ts';
import type { ConnectionInput, ConnectorIo } from '../contract.ts';
import type { Span } from '../define-figures.ts';
import { openGoogle } from '../google-sign-in.ts';
import { jsonIn } from '../requests.ts';
import { type ReportAnswer, reportAnswer } from './answers.ts';
import type { Config, Report, Secret } from './config.ts';
import { googleError, networkError, noProperty, signInError, unreadableAnswer, unusableKey } from './errors.ts';
import { TOKENS } from './manifest.ts';

const HOME = 'https://analyticsdata.googleapis.com';
const SCOPE = 'https://www.googleapis.com/auth/analytics.readonly';
/** Wide reports of long spans are worked out before the first byte. */
const TIMEOUT_MS = 60_000;

export interface GoogleAnalyticsApi {
  readonly config: Config;
  /** Rows of a report in the order of days, from a row on. */
  runReport(
    report: Report,
    span: Span,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<ReportAnswer>;
}

/** The documented HTTP API: one call, for which Google's clients weigh 0.4 MB and more (README.md). */
export function openGoogleAnalytics(
  { config, secret, endpoint }: ConnectionInput<Config, Secret>,
  io: ConnectorIo,
): GoogleAnalyticsApi {
  const errors = { networkError, signInError, unreadableAnswer, unusableKey };
  const google = openGoogle(io, { home: HOME, endpoint, scope: SCOPE, key: secret, timeoutMs: TIMEOUT_MS, errors });
  return {
    config,
    async runReport({ dimensions, metrics }, { from, to }, { offset, limit }) {
      if (config.property === undefined) throw noProperty();
      const path = `/v1beta/properties/${config.property}:runReport`;
      const by = ['date', ...dimensions];
      const asked: Json = {
        dateRanges: [{ startDate: from, endDate: to }],
        dimensions: by.map((name) => ({ name })),
        metrics: metrics.map((name) => ({ name })),
        // In an order of its own, or pages would not fit together.
        orderBys: by.map((dimensionName) => ({ dimension: { dimensionName } })),
        offset: String(offset),
        limit: String(limit),
        returnPropertyQuota: true,
      };
      const answer = await google.send(path, { method: 'POST', body: asked });
      if (!answer.ok) throw googleError(answer);
      const parsed = reportAnswer.safeParse(jsonIn(answer.text()));
      if (!parsed.success) throw unreadableAnswer('a report');
      const left = parsed.data.propertyQuota?.tokensPerDay?.remaining;
      if (left !== undefined) io.calls.heard({ used: usageOf(left) });
      return parsed.data;
    },
  };
}

/** Tokens, of which a call takes some: what is left tells of which of the two kinds the property is. */
function usageOf(left: number): { readonly used: number; readonly limit: number } {
  const limit = left > TOKENS.standard ? TOKENS.premium : TOKENS.standard;
  return { used: Math.max(0, limit - left), limit };
}
