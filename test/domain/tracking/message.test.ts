import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../lib/domain/json.ts';
import { readMessage } from '../../../lib/domain/tracking/message.ts';

const RECEIVED = Date.parse('2026-11-21T19:11:01.266Z');

function read(raw: Json, batch: JsonObject = {}) {
  return readMessage(raw, { at: RECEIVED, batch, blocked: new Set(['guest']), newId: () => 'new' });
}

function message(raw: JsonObject, batch: JsonObject = {}) {
  const answer = read({ type: 'track', event: 'E', userId: 'u1', ...raw }, batch);
  if (!answer.ok) throw new Error(answer.rejection.code);
  return answer.message;
}

describe('readMessage', () => {
  // The first is the documentation's own example (Segment, "Timestamps in the common fields").
  it.each([
    ['2026-11-21T19:11:01.152Z', '2026-11-21T19:11:01.169Z', '2026-11-21T19:11:01.249Z', 'the example'],
    ['2036-01-01T00:00:00Z', '2036-01-01T00:00:02Z', '2026-11-21T19:10:59.266Z', 'a clock ten years ahead'],
    ['2020-01-01T00:00:00Z', '2026-11-21T19:11:01.266Z', '2020-01-01T00:00:00.000Z', 'a historic import'],
    ['2026-11-21T19:11:01.152Z', undefined, '2026-11-21T19:11:01.152Z', 'no sentAt'],
    ['2062-01-01T00:00:00Z', undefined, '2026-11-21T19:11:01.266Z', 'no sentAt, and a clock ahead'],
    ['2062-01-01T00:00:00Z', '2026-11-21T19:11:01Z', '2026-11-21T19:11:01.266Z', 'a clock set back before sending'],
  ])('corrects %s sent at %s to %s: %s', (timestamp, sentAt, at, _why) => {
    const { at: found, keyAt } = message({ messageId: 'm', timestamp }, sentAt === undefined ? {} : { sentAt });

    expect([found, keyAt]).toEqual([at, new Date(timestamp).toISOString()]);
  });

  it('prefers originalTimestamp, and reads dates, numbers and times without a zone', () => {
    const at = (timestamp: Json) => message({ messageId: 'm', timestamp }).keyAt;

    expect(
      message({ messageId: 'm', timestamp: '2026-01-01T00:00:00Z', originalTimestamp: '2026-01-02T00:00:00Z' }).keyAt,
    ).toBe('2026-01-02T00:00:00.000Z');
    expect([at('2026-01-01'), at('2026-01-01T05:00:00'), at(1767225600), at(1767225600123)]).toEqual([
      '2026-01-01T00:00:00.000Z',
      '2026-01-01T05:00:00.000Z',
      '2026-01-01T00:00:00.000Z',
      '2026-01-01T00:00:00.123Z',
    ]);
  });

  it('names a message that is sent again the same, whenever it arrives', () => {
    const content = { properties: { a: 1 }, timestamp: '2026-11-21T19:00:00Z' };
    const first = message({ ...content, sentAt: '2026-11-21T19:00:01Z' });
    const again = message({ ...content, sentAt: '2026-11-21T19:05:01Z' });

    expect([again.id, again.keyAt]).toEqual([first.id, first.keyAt]);
    expect(message({ ...content, properties: { a: 2 } }).id).not.toBe(first.id);
    expect(message({ messageId: 'm' })).toMatchObject({ id: 'm', keyAt: '1970-01-01T00:00:00.000Z' });
    expect(message({})).toMatchObject({ id: 'new', keyAt: '2026-11-21T19:11:01.266Z' });
    expect(message({ messageId: 'x'.repeat(101) }).id).toMatch(/^c-.{27}$/);
  });

  it('takes numbers as ids, and nobody’s ids for none', () => {
    expect(message({ userId: 42 }).userId).toBe('42');
    expect(message({ userId: null, anonymousId: 'a' })).toMatchObject({ userId: undefined, anonymousId: 'a' });
    for (const userId of ['', 'null', 'undefined', '0', 'Anonymous', 'guest', '   ']) {
      expect(message({ userId, anonymousId: 'a' }).userId).toBeUndefined();
    }
  });

  it('gives every message of a batch its context; the message’s own wins', () => {
    const found = message({ context: { locale: 'de' } }, { context: { locale: 'en', timezone: 'UTC' } });

    expect(found.context).toEqual({ locale: 'de', timezone: 'UTC' });
  });

  it.each([
    ['collection/not-an-object', 'text'],
    ['collection/not-an-object', null],
    ['collection/unknown-type', { type: 'click', userId: 'u' }],
    ['collection/nobody', { type: 'track', event: 'E' }],
    ['collection/nobody', { type: 'track', event: 'E', userId: 'null', anonymousId: '' }],
    ['collection/bad-id', { type: 'track', event: 'E', userId: 'x'.repeat(501) }],
    ['collection/bad-id', { type: 'track', event: 'E', userId: 'a\nb' }],
    [
      'collection/too-deep',
      JSON.parse(`{"type":"track","userId":"u","properties":${'{"a":'.repeat(70)}1${'}'.repeat(70)}}`),
    ],
  ] as [string, Json][])('rejects with %s: %j', (code, raw) => {
    const answer = read(raw);

    expect(answer).toMatchObject({ ok: false, rejection: { code, record: raw } });
  });
});
