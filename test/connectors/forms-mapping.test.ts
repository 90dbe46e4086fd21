import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { config } from '../../lib/connectors/forms/config.ts';
import { parse, settings } from './forms-rig.ts';

const root = fileURLToPath(new URL('../fixtures/forms/', import.meta.url));
const json = { 'content-type': 'application/json' };

describe.each(['typeform', 'tally', 'standard-webhooks', 'hmac'])('a delivery of %s', (preset) => {
  it.each(fixtures(preset, 'valid'))('is read: %s', (_file, { config: given, headers, body, changes }) => {
    const deliveries = parse({ body: JSON.stringify(body), headers: { ...json, ...headers } }, config.parse(given));

    expect(deliveries.map((one) => ('change' in one ? one.change : one))).toEqual(changes);
  });

  it.each(fixtures(preset, 'invalid'))(
    'is quarantined: %s',
    (_file, { config: given, headers, body, code, reason }) => {
      const request = { body: JSON.stringify(body), headers: { ...json, ...headers } };

      const deliveries = parse(request, config.parse(given));

      expect(deliveries).toEqual([
        { deliveryId: expect.stringMatching(/^forms:[0-9a-f]{32}$/), rejection: { code, reason, record: body } },
      ]);
      expect(parse(request, config.parse(given))).toEqual(deliveries);
    },
  );
});

describe('a delivery', () => {
  const response = (more: string) =>
    `{"event_type":"form_response","form_response":{"token":"t1","submitted_at":"2026-01-18T18:17:02Z",${more}}}`;

  it.each([
    ['no JSON', json, 'email=ann%40example.com'],
    ['no object', json, '["ann@example.com"]'],
    ['cut off', json, '{"a":"ann@example.com'],
    ['called a form', { 'content-type': 'application/x-www-form-urlencoded' }, response('"answers":[]')],
    ['called nothing', {}, response('"answers":[]')],
    ['nested too deep', json, response(`"hidden":${'['.repeat(40)}${']'.repeat(40)}`)],
    ['nested without end', json, `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ])('that is %s is refused, and nothing of it is repeated', (_what, headers, body) => {
    expect(() => parse({ body, headers }, settings())).toThrow(
      expect.objectContaining({
        kind: 'rejected',
        code: 'forms/unreadable-delivery',
        message: expect.not.stringContaining('example.com'),
      }),
    );
  });

  it('may call its JSON by a name of its own', () => {
    const headers = { 'content-type': 'application/vnd.forms.response.v1+json; charset=utf-8' };

    expect(parse({ body: response('"answers":[]'), headers }, settings())).toHaveLength(1);
  });

  it('smuggles no prototype in by its answers', () => {
    const of = settings({
      mapping: {
        traits: { all: 'answers', hidden: 'hidden', admin: 'answers.admin', polluted: 'hidden.__proto__.admin' },
      },
    });
    const field = (ref: string) => `{"id":"x","type":"short_text","ref":"${ref}"}`;
    const body = response(
      `"__proto__":{"admin":true},"hidden":{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"a":"b"},
       "answers":[{"type":"text","text":"x","field":${field('__proto__')}},{"type":"text","text":"y","field":${field('constructor')}}]`,
    );

    const [first] = parse({ body, headers: json }, of);

    const traits =
      first !== undefined && 'change' in first && first.change.kind === 'profile' ? first.change.traits : {};
    expect(JSON.stringify(traits)).toBe('{"all":{},"hidden":{"a":"b"}}');
    expect(Object.hasOwn({}, 'admin') || 'admin' in {}).toBe(false);
  });
});

describe('the settings', () => {
  it.each([
    [{ preset: 'surveymonkey', mapping: {} }, 'preset', 'expected one of typeform, tally, standard-webhooks, hmac'],
    [{ preset: 'hmac', mapping: { id: 'id', at: 'at' } }, 'signature', 'expected how the sender signs'],
    [{ preset: 'hmac', mapping: {}, signature: { header: 'X-S' } }, 'mapping.id', 'the id of a submission'],
    [
      { preset: 'hmac', mapping: { id: 'id' }, signature: { header: 'X-S', content: '{timestamp}.{body}' } },
      'signature',
      'the header that holds {timestamp}',
    ],
    [{ preset: 'tally', mapping: {}, signature: { header: 'X-S' } }, 'signature', 'expected no signature'],
    [
      { preset: 'hmac', form: 'a', mapping: { id: 'id', at: 'at' }, signature: { header: 'X-S' } },
      'form',
      'expected no form',
    ],
    [{ preset: 'tally', mapping: { traits: { a: { from: 'b', as: 'date' } } } }, 'mapping.traits.a', 'expected a path'],
    [{ preset: 'tally', mapping: { traits: { a: '' } } }, 'mapping.traits.a', 'expected a path'],
    [{ preset: 'tally', mapping: { object: 'contact' } }, 'mapping.object', 'expected no object'],
    [{ preset: 'tally', mapping: { subject: 'account' } }, 'mapping.subject', 'expected no subject'],
    [{ preset: 'tally', mapping: { gone: { from: 'a', is: [true] } } }, 'mapping.gone', 'expected no gone'],
    [
      { preset: 'tally', mapping: { consent: [{ topic: 'email', from: 'a', address: 'b' }] } },
      'mapping.consent.0.granted',
      'expected array',
    ],
  ])('of %j are refused at %s', (given, path, message) => {
    const issues = config.safeParse(given).error?.issues ?? [];

    expect(issues.map((one) => one.path.join('.'))).toContain(path);
    expect(issues.map((one) => one.message).join()).toContain(message);
  });
});

interface Fixture {
  readonly config: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly changes?: unknown;
  readonly code?: string;
  readonly reason?: string;
}

function fixtures(preset: string, kind: 'valid' | 'invalid'): [string, Fixture][] {
  const folder = `${root}${preset}/${kind}/`;
  return readdirSync(folder).map((file) => [
    file.replace('.json', ''),
    JSON.parse(readFileSync(folder + file, 'utf8')) as Fixture,
  ]);
}
