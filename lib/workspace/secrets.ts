import { isJsonObject, type Json } from '../domain/json.ts';
import type { Path } from '../domain/segment/problem.ts';
import type { Finding } from './problem.ts';

/** Names of settings that hold secrets in every tool; a text under one of them is refused whatever it looks like. */
const SECRET_KEYS = new Set(
  ['api_key', 'apikey', 'secret', 'client_secret', 'webhook_secret', 'private_key', 'password', 'access_token'].concat([
    'refresh_token',
    'auth_token',
    'token',
    'credentials',
  ]),
);

/** Forms of keys that tools hand out, as their own documentation shows them. */
const SECRET_FORMS: readonly RegExp[] = [
  /\b[0-9a-f]{32}-us\d{1,3}\b/, // Mailchimp API key
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b3MVG9[A-Za-z0-9._]{20,}/, // Salesforce consumer key
  /\b00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{20,}/, // Salesforce session id
  /\b(AKIA|ASIA)[0-9A-Z]{16}\b/, // AWS access key id
  /\bpat-(na|eu)\d-[0-9a-f-]{36}\b/, // HubSpot private app token
  /\bpk_[0-9a-f]{34}\b/, // Klaviyo private key
  /\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/, // SendGrid API key
  /\bsk_(live|test)_[A-Za-z0-9]{16,}/, // Stripe secret key
  /\bgh[pousr]_[A-Za-z0-9]{36}\b/, // GitHub token
  /\bAIza[A-Za-z0-9_-]{35}\b/, // Google API key
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/, // Slack token
  /\bEAA[A-Za-z0-9]{40,}/, // Meta access token
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./, // JSON Web Token
  /^https?:\/\/[^/\s:@]+:[^/\s@]+@/, // Password in a URL
];

/**
 * Finds values that look like secrets, wherever they stand. A workspace lives in git: secrets belong in Secrets
 * Manager, or in TRIBUTARY_SECRET_<CONNECTION> on the local stage. The value itself is never shown.
 */
export function findSecrets(value: Json | undefined): Finding[] {
  const findings: Finding[] = [];

  function visit(at: Json | undefined, path: Path, inConnection: boolean): void {
    if (Array.isArray(at)) {
      at.forEach((item, index) => {
        visit(item, [...path, index], inConnection);
      });
    } else if (isJsonObject(at)) {
      for (const [key, item] of Object.entries(at)) visit(item, [...path, key], inConnection || key === 'connections');
    } else if (typeof at === 'string') {
      const named = inConnection && at !== '' && SECRET_KEYS.has(String(path.at(-1)).toLowerCase());
      if (named || looksSecret(at)) findings.push(secretAt(path));
    }
  }

  visit(value, [], false);
  return findings;
}

/** True for a text in the form of a key or token that a tool hands out. */
export function looksSecret(text: string): boolean {
  return SECRET_FORMS.some((form) => form.test(text));
}

function secretAt(path: Path): Finding {
  return {
    path,
    code: 'workspace/secret-in-file',
    found: 'a value that looks like a secret',
    expected:
      'no secrets in a workspace: put it in Secrets Manager, or in TRIBUTARY_SECRET_<CONNECTION> on the local stage',
  };
}
