import { describe, expect, it } from 'vitest';
import { macOf, sameText, standardKey, standardSignature } from '../../lib/domain/signed-message.ts';

describe('standardSignature', () => {
  // The vector of the reference library (standard-webhooks/standard-webhooks@b2fa7b8).
  it('signs as the reference library does', () => {
    const key = standardKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw') ?? new Uint8Array();
    const message = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: '1614265330',
      body: '{"test": 2432232314}',
    };

    expect(standardSignature(key, message)).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
    expect(standardSignature(key, { ...message, body: Buffer.from(message.body) })).toBe(
      standardSignature(key, message),
    );
  });
});

describe('standardKey', () => {
  it.each([
    [23, undefined],
    [24, 24],
    [64, 64],
    [65, undefined],
  ])('reads a secret of %i bytes as a key of %s', (bytes, length) => {
    const text = Buffer.alloc(bytes, 7).toString('base64');

    expect(standardKey(`whsec_${text}`)?.byteLength).toBe(length);
    expect(standardKey(text)?.byteLength).toBe(length);
  });

  it('takes nothing that is no base64', () => {
    expect(standardKey('whsec_not a key, not a key, not a key, not')).toBeUndefined();
  });
});

describe('sameText', () => {
  it('tells texts apart whatever their lengths', () => {
    expect([sameText('abc', 'abc'), sameText('abc', 'abd'), sameText('abc', 'abcd'), sameText('', 'a')]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('macOf', () => {
  it('signs parts as one text', () => {
    const how = { algorithm: 'sha256', encoding: 'hex' } as const;

    expect(macOf(how, 'key', ['a.', new TextEncoder().encode('b')])).toBe(macOf(how, 'key', ['a.b']));
  });
});
