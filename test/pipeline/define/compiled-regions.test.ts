import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../lib/domain/segment.ts';
import { openCompiled } from '../../../lib/pipeline/define/definitions.ts';
import { definitions } from '../world.ts';

const record = { 'address.country': ['Germany', 1, 1], 'address.region': ['Bayern', 1, 1] } as const;

async function regionFor(when: Condition): Promise<unknown> {
  const asking = { ...definitions, segments: [{ segment: 'one', when }], audiences: [] };
  const compiled = await openCompiled(
    async () => asking,
    async () => undefined,
  )();
  return compiled.read('address.region', 'Bayern', 'crm:contact:1', record);
}

describe('openCompiled', () => {
  it('reads regions where a segment asks for one, and spares their table otherwise', async () => {
    expect(
      await regionFor({
        any: [
          { trait: 'plan', is: 'x' },
          { trait: 'address.region', is: 'DE-BY' },
        ],
      }),
    ).toBe('DE-BY');
    expect(await regionFor({ trait: 'address.country', is: 'DE' })).toBe('Bayern');
  });
});
