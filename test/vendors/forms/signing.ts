import { createHmac } from 'node:crypto';

/** A request as a tool sends it. */
export interface SignedRequest {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const json = { 'content-type': 'application/json' };

/** As Typeform signs: base64 of HMAC-SHA256 over the raw body, behind `sha256=`. */
export function typeformRequest(secret: string, body: string): SignedRequest {
  const proof = createHmac('sha256', secret).update(body, 'utf8').digest('base64');
  return { body, headers: { ...json, 'typeform-signature': `sha256=${proof}` } };
}

/** As Tally signs: the same without a prefix, in a header of its own. */
export function tallyRequest(secret: string, body: string): SignedRequest {
  return {
    body,
    headers: { ...json, 'tally-signature': createHmac('sha256', secret).update(body, 'utf8').digest('base64') },
  };
}

/** As the Standard Webhooks specification says; several secrets while one replaces the other. */
export function standardRequest(
  secrets: readonly string[],
  body: string,
  message: { readonly id: string; readonly at: Date },
): SignedRequest {
  const timestamp = String(Math.floor(message.at.getTime() / 1_000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    return `v1,${createHmac('sha256', key).update(`${message.id}.${timestamp}.${body}`, 'utf8').digest('base64')}`;
  });
  return {
    body,
    headers: {
      ...json,
      'webhook-id': message.id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatures.join(' '),
    },
  };
}
