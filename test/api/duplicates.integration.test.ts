import { describe, expect, it } from 'vitest';
import type { Change } from '../../lib/domain/change.ts';
import type { PersonPage } from '../../lib/pipeline/describe/describe-person.ts';
import { withApi } from './asking.ts';

const on = withApi(new Date('2026-11-21T00:00:00.000Z'));
const { ask, misfits } = on;

describe('/api/duplicates', () => {
  it('lists people who may be one, shows them side by side, joins them when somebody accepts it, and parts them again', async () => {
    const alike = (id: string, last: string): Change => ({
      kind: 'profile',
      fragment: `newsletter:member:${id}`,
      at: '2026-01-01T00:00:00Z',
      identifiers: [{ type: 'email', value: `${id}@example.org` }],
      traits: { first_name: 'Cyd', last_name: last, address: { city: 'Köln', postal_code: '50667' } },
    });
    await on.api.fold([alike('c1', 'Möller'), alike('c2', 'Moeller'), alike('c3', 'Abt')]);
    const people = await Promise.all(
      ['c1', 'c2', 'c3'].map(
        async (id) => ((await ask('GET', `/api/people/newsletter%3Amember%3A${id}`)).body as { id: string }).id,
      ),
    );
    await on.api.compare(people);
    await on.api.compare(people);

    const { body } = await ask('GET', '/api/duplicates');
    const { suggestions } = body as { suggestions: { id: string; people: { id: string }[] }[] };
    expect(misfits('/api/duplicates', 'GET', body)).toEqual([]);
    expect(suggestions.map((one) => one.people.map(({ id }) => id))).toEqual([people.slice(0, 2)]);

    const pair = `/api/duplicates/${suggestions[0]?.id}`;
    const page = await ask('GET', pair);
    expect(misfits('/api/duplicates/{duplicate}', 'GET', page.body)).toEqual([]);
    expect(page.body).toMatchObject({ one: false, sides: [{ id: people[0] }, { id: people[1] }] });
    const accepted = await ask('POST', `${pair}/accept`, { by: 'ops' });
    expect({
      status: accepted.status,
      misfits: misfits('/api/duplicates/{duplicate}/accept', 'POST', accepted.body),
    }).toEqual({
      status: 202,
      misfits: [],
    });
    expect((await ask('GET', '/api/duplicates')).body).toEqual({ suggestions: [] });
    await on.api.fold(await on.api.sentChanges());
    const joined = (await ask('GET', '/api/people/newsletter%3Amember%3Ac2')).body as unknown as PersonPage;
    expect(joined.fragments).toEqual(['newsletter:member:c1', 'newsletter:member:c2']);
    const decided = await ask('GET', '/api/duplicates?state=accepted');
    expect(misfits('/api/duplicates', 'GET', decided.body)).toEqual([]);
    expect(decided.body).toMatchObject({ suggestions: [{ state: 'accepted', by: 'ops' }] });
    expect(await ask('POST', `${pair}/reject`)).toMatchObject({
      status: 400,
      body: { code: 'api/duplicate-decided' },
    });
    expect((await ask('POST', `${pair}/undo`)).body).toMatchObject({ state: 'parted' });
    await on.api.fold(await on.api.sentChanges());
    expect((await ask('GET', '/api/people/newsletter%3Amember%3Ac2')).body).toMatchObject({
      fragments: ['newsletter:member:c2'],
    });
    expect(await ask('GET', '/api/duplicates?state=maybe')).toMatchObject({
      status: 400,
      body: { code: 'api/bad-query' },
    });
    expect(await ask('GET', '/api/duplicates/d_nobody')).toMatchObject({
      status: 404,
      body: { code: 'api/no-such-duplicate' },
    });
    expect(await ask('POST', '/api/duplicates/d_nobody/accept')).toMatchObject({
      status: 404,
      body: { code: 'api/no-such-duplicate' },
    });
    expect(await ask('GET', '/api/duplicates?limit=0')).toMatchObject({ status: 400, body: { code: 'api/bad-query' } });
  });
});
