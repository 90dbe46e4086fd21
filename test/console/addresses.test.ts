import { describe, expect, it } from 'vitest';
import { placeOf, to } from '../../console/app/addresses.ts';

describe('placeOf', () => {
  it.each(['', '#', '#/'])('takes %j for the page at home', (hash) => {
    expect(placeOf(hash)).toMatchObject({ path: '/' });
  });

  it('reads the query of an address', () => {
    const place = placeOf(to('/audiences', undefined, { find: 'a b&c' }));

    expect([place?.path, place?.props.query.get('find')]).toEqual(['/audiences', 'a b&c']);
  });

  it.each(['#/audiences/a/b', '#/runs/%', '#/nothing'])('knows no page at %j', (hash) => {
    expect(placeOf(hash)).toBeUndefined();
  });
});
