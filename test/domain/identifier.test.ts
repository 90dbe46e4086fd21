import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseIdentifier } from '../../lib/domain/identifier.ts';

/** The value in the form in which it is compared, or the reason why it is no identifier. */
function read(type: string, value: string, country?: string): string {
  const normalised = normaliseIdentifier({ type, value }, country === undefined ? {} : { country });
  return normalised.ok ? normalised.identifier.value : normalised.reason;
}

describe('a phone number', () => {
  it.each([
    ['+49 30 123456', undefined, '+4930123456'],
    ['030 / 12 34 56', 'DE', '+4930123456'],
    ['0049 30 123456', 'DE', '+4930123456'],
    ['+49 (0)30 123456', undefined, '+4930123456'],
    ['\u202a+49 30 123456\u202c', undefined, '+4930123456'],
    ['tel:+12125550100', undefined, '+12125550100'],
    ['+1 (212) 555-0100', undefined, '+12125550100'],
    // Written without a plus it has the country's, and a number of another writing stays what it always was.
    ['(212) 555-0100', 'US', '+12125550100'],
    ['+49030123456', undefined, '+49030123456'],
  ])('%j of %s is %s', (text, country, number) => {
    expect(read('phone', text, country)).toBe(number);
  });

  it.each([
    '+1 (212) 555-0100 ext. 12',
    '+1 (212) 555-0100 x99',
    '+12125550100;ext=4',
    '+49 30 123456 DW 12',
    '+49 30 123456 (ask for Ann)',
  ])('%j is none: who answers is behind a switchboard', (text) => {
    expect(read('phone', text)).toBe('not-a-phone');
  });

  it.each(['+49 12', '+4912', '12', '112', '+49301', '+1 555 0100', '+15550100', '+21262345678901'])(
    '%j is none: no number of the country is so long or so short',
    (text) => {
      expect(read('phone', text, 'DE')).toBe('not-a-phone');
    },
  );

  it.each(['+1 000 000 0000', '+10000000000', '+49 0000000', '+490000000', '+33 00 00 00 00 00', '+1 111 111 1111'])(
    '%j is nobody: one digit was typed in to get past a form',
    (text) => {
      expect(read('phone', text)).toBe('blocked');
    },
  );
});

describe('an e-mail address', () => {
  it.each([
    [' Joe@Example.COM ', 'joe@example.com'],
    ['\u200bjoe@example.com\u00ad', 'joe@example.com'],
    ['\ufeff\u2060joe@example.com\u200d', 'joe@example.com'],
    ['joe@bücher.example', 'joe@xn--bcher-kva.example'],
    ['joe@mail_1.example.com', 'joe@mail_1.example.com'],
    ['jo\u200de@example.com', 'jo\u200de@example.com'],
  ])('%j is %s', (text, address) => {
    expect(read('email', text)).toBe(address);
  });

  it.each([
    'joe@example.com/old.x',
    'joe@example.com?subject=hi.there',
    'joe@example.com#2.x',
    'joe@ex%61mple.com',
    'joe@example.com:25.x',
    'joe@bücher.example/old.x',
    'joe@bücher.example\uff0fold.x',
    // Digits of full width, of which a URL parser makes 1.0.0.2.
    'joe@\uff11.\uff12',
    'jo\u200be@example.com',
  ])('%j is none', (text) => {
    expect(read('email', text)).toBe('not-an-email');
  });

  it('is blocked by the form in which it is compared', () => {
    expect(read('email', 'test@\uff54\uff45\uff53\uff54.com')).toBe('blocked');
  });
});

/** Texts near addresses and numbers, and far from them. */
const pieces = fc.constantFrom(
  ...['joe', 'Ann.Lee+x', '@', '.', 'example.com', 'ex', 'bücher', '/', '?', '#', '%61', ':', '[', '_', '-', '"', ' '],
  ...['\u200b', '\u00ad', '\ufeff', '\u202a', '\uff0f', '\uff20', '\u3002', '\uff11', '1', '2', '0x7f', 'İ', 'Σ', 'ẞ'],
  ...['+', '+49', '+1', '0', '00', '30', '212', '555', '0100', '123456', '(0)', ' ext. ', 'x', ';ext=4', '٤', 'tel:'],
);
const texts = fc.oneof(
  fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  fc
    .tuple(fc.array(pieces, { maxLength: 3 }), fc.array(pieces, { maxLength: 5 }))
    .map((parts) => parts.map((some) => some.join('')).join('@')),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'+0123456789-() /') }),
);

describe('normaliseIdentifier', () => {
  it('leaves what it made as it is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('email', 'phone', 'user_id'),
        texts,
        fc.constantFrom(undefined, 'DE', 'US', 'IT'),
        (type, value, country) => {
          const once = normaliseIdentifier({ type, value }, country === undefined ? {} : { country });
          if (once.ok) expect(normaliseIdentifier(once.identifier)).toEqual(once);
        },
      ),
      { numRuns: 20_000 },
    );
  });

  it('never makes a mailbox that the text does not hold', () => {
    fc.assert(
      fc.property(texts, (value) => {
        const made = normaliseIdentifier({ type: 'email', value });
        if (!made.ok) return;
        const [local = '', host = ''] = made.identifier.value.split('@');
        const told = value.toLowerCase().normalize('NFC');
        const seen = told.replaceAll(/^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu, '');
        const [before, after = '', ...more] = seen.split('@');
        expect([before, ...more]).toEqual([local]);
        expect([after, domainToASCII(after)]).toContain(host);
      }),
      { numRuns: 20_000 },
    );
  });
});
