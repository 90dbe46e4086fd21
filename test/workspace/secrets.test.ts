import { describe, expect, it } from 'vitest';
import { findSecrets, looksSecret } from '../../lib/workspace/secrets.ts';

const hex = '0123456789abcdef'.repeat(3);

describe('looksSecret', () => {
  it.each([
    `${hex.slice(0, 32)}-us6`,
    '-----BEGIN RSA PRIVATE KEY-----\nMIIE',
    `3MVG9${'aB3.'.repeat(10)}`,
    `AKIA${'ABCD1234'.repeat(2)}`,
    `pk_${hex.slice(0, 34)}`,
    `SG.${'a1'.repeat(10)}.${'b2'.repeat(10)}`,
    `sk_live_${'a1'.repeat(10)}`,
    `ghp_${'a1B2'.repeat(9)}`,
    `eyJ${'a1'.repeat(10)}.eyJ${'b2'.repeat(10)}.c3`,
    'https://ann:sesame@example.com/hook',
  ])('recognises %s', (text) => {
    expect(looksSecret(text)).toBe(true);
  });

  it.each([
    'a1b2c3',
    'wk_acme_web_1',
    'Lifecycle_Stage__c',
    'https://example.com/path?x=1',
    'ann@example.com',
    'every 15 minutes',
    '9f86d081884c7d659a2feaa0c55ad015',
  ])('leaves %s alone', (text) => {
    expect(looksSecret(text)).toBe(false);
  });
});

describe('findSecrets', () => {
  it('finds what is named like a secret in a connection, whatever its form', () => {
    const found = findSecrets({
      connections: { crm: { client_secret: 'sesame', nested: { token: 'x' }, list: 'a1b2c3' } },
      collection: { write_keys: { token: 'wk_1234' } },
    });

    expect(found.map(({ path }) => path)).toEqual([
      ['connections', 'crm', 'client_secret'],
      ['connections', 'crm', 'nested', 'token'],
    ]);
  });

  it('finds secrets inside lists', () => {
    const key = `${hex.slice(0, 32)}-us1`;

    expect(findSecrets({ identity: { blocked: ['a', key] } }).map(({ path }) => path)).toEqual([
      ['identity', 'blocked', 1],
    ]);
  });
});
