import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import { readPersonAudiences } from '../../../lib/pipeline/describe/person-audiences.ts';
import { pauseMembers } from '../../../lib/pipeline/push/pause-members.ts';
import { deliver, identityKey } from '../delivering.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { definitions, NOW } from '../world.ts';

const record: Change = {
  kind: 'profile',
  fragment: 'mail:member:a',
  at: new Date(NOW).toISOString(),
  identifiers: [{ type: 'email', value: 'ann@example.com' }],
  traits: { stage: 'customer' },
};

describe('readPersonAudiences', () => {
  it('says until when a person is not added because of a hint that nobody has followed yet', async () => {
    const stores = openMemoryStores();
    await deliver(stores, [[record]]);
    const [person] = stores.living();
    if (person === undefined) throw new Error('nobody is there');
    const pause = pauseMembers({
      ...stores,
      key: identityKey,
      definitions: async () => definitions,
      touch: async () => {},
    });
    const read = async () => {
      const lines = await readPersonAudiences({ ...stores, key: async () => identityKey }, definitions, person);
      return lines.map(({ audience, wanted, pausedUntil }) => ({ audience, wanted, pausedUntil }));
    };

    await pause(['mail:member:a'], 'pause', NOW);
    expect(await read()).toEqual([
      { audience: 'to-tool', wanted: true, pausedUntil: new Date(NOW + 86_400_000).toISOString() },
    ]);
    await pause(['mail:member:a'], 'resume', NOW);
    expect(await read()).toEqual([{ audience: 'to-tool', wanted: true, pausedUntil: null }]);
  });
});
