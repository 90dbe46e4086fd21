import type { Delivery, RawRequest } from '../../lib/connectors/contract-deliveries.ts';
import { type Config, config, secret } from '../../lib/connectors/forms/config.ts';
import { webhook } from '../../lib/connectors/forms/webhook.ts';
import type { SignedRequest } from '../vendors/forms/signing.ts';

export const NOW = new Date('2026-11-21T08:00:00Z');
export const FORM_SECRET = '123456';
export const STANDARD_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** The settings of a connection, with the presets' defaults where a test says nothing. */
export function settings(given: { readonly [key: string]: unknown } = {}): Config {
  return config.parse({ preset: 'typeform', mapping: { identifiers: { email: 'answers.email' } }, ...given });
}

export function rawRequest({ body, headers }: SignedRequest): RawRequest {
  return { method: 'POST', path: '/webhooks/survey', query: {}, headers, body: new TextEncoder().encode(body) };
}

export function verify(request: SignedRequest, of: Config, given: object = { signing_secret: FORM_SECRET }, now = NOW) {
  return webhook.verify(rawRequest(request), of, secret.parse(given), now);
}

export function parse(request: SignedRequest, of: Config): readonly Delivery[] {
  return webhook.parse(rawRequest(request), 'survey', of);
}
