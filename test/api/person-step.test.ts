import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { personIn, personStep } from '../../lib/api/person-step.ts';
import { payloadOf } from '../../lib/local/host/http-payload.ts';

describe('personStep', () => {
  it.each([
    ['p_01h2', 'p_01h2'],
    ["o'neil+a@example.com", "o'neil+a@example.com"],
    ['~ann@example.com', '~ann@example.com'],
    ['newsletter:member:7', 'newsletter:member:7'],
    ['crm=a/b', '~crm~3Da~2Fb'],
    ['crm=~/ü', '~crm~3D~7E~2F~C3~BC'],
    ['..', '~..'],
  ])('writes %s as %s', (person, step) => {
    expect(personStep(person)).toBe(step);
  });

  it('comes back as it was, by way of a gateway that decodes paths', () => {
    const anybody = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.string({ unit: fc.constantFrom(...'ab~.=/?#%\\@2F\t+: '), minLength: 1 }),
    );
    const people = fc.oneof(
      anybody.map((text) => `crm=${text}`),
      anybody.map((text) => `crm:contact:${text}`),
      anybody.map((text) => `${text}@example.com`),
    );

    fc.assert(
      fc.property(people, (person) => {
        const arrived = rawPathOf(`/api/people/${encodeURIComponent(personStep(person))}/merges`).split('/');
        expect(arrived).toEqual(['', 'api', 'people', expect.any(String), 'merges']);
        expect(personIn(arrived[3] ?? '')).toBe(person);
      }),
    );
  });
});

describe('personIn', () => {
  it.each(['~', '~x@example.com', '~a:b:c', '~~FF', '~~zz', '~crm=a'])('takes %s as it is', (step) => {
    expect(personIn(step)).toBe(step);
  });
});

function rawPathOf(path: string): string {
  const message = { method: 'GET', headersDistinct: {}, socket: {} };
  const route = { key: 'ANY /api/{proxy+}', functionId: 'Api', authorised: true, signedIn: false };
  const at = { now: 0, requestId: 'r', accountId: '0' };
  const received = { message, body: Buffer.alloc(0), path, query: '' };
  const payload = payloadOf(received as never, { route, parameters: {} }, at) as { readonly rawPath: string };
  return payload.rawPath;
}
