import { describe, expect, it } from 'vitest';
import { indexKey } from '../../../lib/domain/identifier.ts';
import { readExport, startExport } from '../../../lib/pipeline/describe/export-person.ts';
import { findPerson } from '../../../lib/pipeline/describe/find-person.ts';
import { deliver, identityKey } from '../delivering.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { ann, bob, contact, openPrivacy } from './forgetting.ts';

/** Ann's record had Bob's address by mistake for a while; Bob has a record of his own, and one that could not be used. */
async function open() {
  const stores = openMemoryStores();
  const privacy = openPrivacy(stores);
  await deliver(stores, [[contact('1', -9, bob)], [contact('1', -8, ann)], [contact('2', -7, bob)]]);
  expect(stores.living()).toHaveLength(2);
  const bobs = { record: { Id: '3', Email: 'bob@example.com' }, code: 'sync/bad-record' };
  await privacy.state.put('quarantine#crm', 'bobs', bobs, 0);
  const quarantined = async () => (await privacy.state.list('quarantine#crm', { most: 9 })).map(({ id }) => id);
  return { ...privacy, stores, quarantined };
}

describe('an address that a record gave up and somebody else has', () => {
  it('is no reason to take records of the other out of quarantine', async () => {
    const rig = await open();

    const receipt = await rig.forget('ann@example.com');

    expect(await rig.quarantined()).toEqual(['bobs']);
    expect(receipt.keys).toContain(indexKey(ann, identityKey));
    expect(receipt.keys).not.toContain(indexKey(bob, identityKey));
  });

  it('is none for the nightly round either, where an earlier receipt names it', async () => {
    const rig = await open();
    const receipt = await rig.forget('ann@example.com');
    const [held] = await rig.state.list('erasure', { most: 9 });
    const keys = [...receipt.keys, indexKey(bob, identityKey)];
    await rig.state.put('erasure', held?.id ?? '', { ...held?.body, keys }, held?.version ?? 0);

    await rig.jobs.send([{ body: { care: true } }]);
    await rig.doJobs();

    expect(await rig.quarantined()).toEqual(['bobs']);
  });

  it('brings nothing of the other into an export', async () => {
    const rig = await open();

    const id = await startExport(rig.deps, (await findPerson(rig.deps, 'ann@example.com'))?.id ?? '');
    await rig.doJobs();

    const part = await readExport(rig.deps, id, 'json', 0);
    expect((JSON.parse(part?.text ?? '{}') as { quarantine: unknown[] }).quarantine).toEqual([]);
  });

  it('is the person’s while nobody else has it', async () => {
    const stores = openMemoryStores();
    const privacy = openPrivacy(stores);
    await deliver(stores, [[contact('1', -9, bob)]]);
    await deliver(stores, [[contact('1', -8, ann)]]);

    const receipt = await privacy.forget('ann@example.com');

    expect(receipt.keys).toContain(indexKey(bob, identityKey));
  });
});
