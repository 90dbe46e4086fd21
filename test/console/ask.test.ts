import { afterEach, describe, expect, it, vi } from 'vitest';
import { ask } from '../../console/app/ask.ts';

afterEach(() => vi.unstubAllGlobals());

describe('ask', () => {
  it('writes a person so that they arrive', async () => {
    const asked: string[] = [];
    vi.stubGlobal('sessionStorage', { getItem: () => JSON.stringify({ kind: 'stage', token: 't' }) });
    vi.stubGlobal('fetch', async (url: string) => {
      asked.push(url);
      return Response.json({});
    });

    await ask('GET /api/people/{person}', { params: { person: 'crm=a/b' } });
    await ask('GET /api/people/{person}/segments/{segment}', {
      params: { person: 'a@example.com', segment: 'buyers' },
    });

    expect(asked).toEqual(['/api/people/~crm~3Da~2Fb', '/api/people/a%40example.com/segments/buyers']);
  });
});
