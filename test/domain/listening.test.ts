import { describe, expect, it } from 'vitest';
import type { ActivityChange } from '../../lib/domain/change.ts';
import type { JsonObject } from '../../lib/domain/json.ts';
import { hearText } from '../../lib/domain/listening.ts';
import { loadReader } from '../../lib/pipeline/resolve/text-reader.ts';

const rules = {
  to: ['Comment Posted'],
  topics: { delivery: ['delivery', 'arrived late', 'parcel'], price: ['price', 'too expensive'] },
};
const reader = await loadReader();

function heard(properties: JsonObject, name = 'Comment Posted'): JsonObject {
  const at = '2026-11-21T12:00:00Z';
  const activity: ActivityChange = { kind: 'activity', fragment: 'meta:psid:1', id: 'c1', name, at, properties };
  return hearText(activity, rules, reader).properties ?? {};
}

describe('hearText', () => {
  it('scores English and names its topic', () => {
    expect(heard({ text: 'I love how fast the delivery was, the parcel is wonderful!' })).toMatchObject({
      language: 'en',
      sentiment: expect.toSatisfy((score: number) => score > 0.5),
      topic: 'delivery',
    });
    expect(heard({ text: 'This is terrible and much Too  EXPENSIVE.' })).toMatchObject({
      language: 'en',
      sentiment: expect.toSatisfy((score: number) => score < -0.3),
      topic: 'price',
    });
  });

  it.each([
    'Das ist wirklich schlecht und viel zu teuer',
    'Je déteste ce produit',
    'これは本当にひどいです',
    'ok',
    '😀',
  ])('does not score what is not certainly English: %s', (text) => {
    expect(heard({ text })).not.toHaveProperty('sentiment');
  });

  it('finds topics by whole words, in any language', () => {
    expect(heard({ text: 'priceless' })).not.toHaveProperty('topic');
    expect(heard({ text: 'Wo ist mein Parcel?' })).toMatchObject({ topic: 'delivery' });
  });

  it('keeps what the tool told', () => {
    const told = { text: 'I love it, it is wonderful', sentiment: -1, topic: 'irony', language: 'en' };

    expect(heard(told)).toEqual(told);
  });

  it.each([
    ['another activity', { text: 'I love it' }, 'Order Completed'],
    ['no text', { note: 'I love it' }, 'Comment Posted'],
    ['an empty text', { text: '  ' }, 'Comment Posted'],
    ['a text that is none', { text: 7 }, 'Comment Posted'],
  ])('leaves %s alone', (_, properties, name) => {
    expect(heard(properties, name)).toEqual(properties);
  });

  it('reads the beginning of a very long text', () => {
    expect(heard({ text: `This is wonderful. ${'and so on '.repeat(100_000)} price` })).not.toHaveProperty('topic');
  });
});
