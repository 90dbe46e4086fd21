import { describe, expect, it } from 'vitest';
import { TributaryError } from '../../../lib/domain/errors.ts';
import { unwanted, wantedAs } from '../memory-audience.ts';
import { openRig } from './push-rig.ts';

const MINUTE = 60_000;
const people = (count: number) => Array.from({ length: count }, (_, n) => `p_${String(n).padStart(2, '0')}`);
const addressOf = (id: string) => `${id}@example.com`;

describe('the last look before sending', () => {
  it('leaves out who withdrew between the plan and the sending, and who is paused', async () => {
    const rig = openRig({ maxMembers: 1 });
    for (const id of people(3)) rig.want(id, wantedAs(addressOf(id)));
    rig.rig.before = async () => {
      rig.want('p_01', { in: false, reason: 'no-consent' });
      rig.hint('p_02');
    };

    await rig.push();

    expect([...rig.list]).toEqual([addressOf('p_00')]);
    const outcomes = Object.fromEntries((await rig.outcomes()).map(({ profile, code = 'sent' }) => [profile, code]));
    expect(outcomes).toEqual({ p_00: 'sent', p_01: 'push/moved', p_02: 'push/paused' });

    rig.rig.before = async () => {};
    rig.reread('p_02');
    rig.clock.pass(MINUTE);
    await rig.push();
    expect(rig.list.has(addressOf('p_02'))).toBe(true);
    expect(rig.list.has(addressOf('p_01'))).toBe(false);
  });

  it('leaves out who is suppressed between the plan and the sending, before their row says so', async () => {
    const rig = openRig({ maxMembers: 1 });
    for (const id of people(3)) rig.want(id, wantedAs(addressOf(id)));
    rig.rig.before = async () => void rig.suppress(addressOf('p_01'));

    await rig.push();

    expect([...rig.list].sort()).toEqual([addressOf('p_00'), addressOf('p_02')]);
    const outcomes = Object.fromEntries((await rig.outcomes()).map(({ profile, code = 'sent' }) => [profile, code]));
    expect(outcomes).toEqual({ p_00: 'sent', p_01: 'push/suppressed', p_02: 'sent' });
  });

  it('adds somebody only when the other list of the group has let them go', async () => {
    const group = (priority: number) => ({ group: { name: 'offers', priority } });
    const rig = openRig({ audience: group(1), others: [{ audience: 'to-other', ...group(2) }] });
    let elsewhere = true;
    const read = rig.memberships.readAudienceRows;
    Object.assign(rig.memberships, {
      readAudienceRows: async (audience: string, ids: readonly string[]) => {
        if (audience === 'to-tool') return read(audience, ids);
        const told = { in: elsewhere, keys: [], outcome: 'applied', run: 'r', at: 0 };
        return new Map(
          ids.map((id) => [
            id,
            { profile: id, wanted: unwanted, wantedVersion: 1, toldVersion: 1, pending: true, told },
          ]),
        );
      },
    });
    rig.want('p_00', wantedAs(addressOf('p_00')));

    await rig.push();
    expect(rig.batches).toEqual([]);
    expect(await rig.remembers()).toMatchObject({ waitsForGroup: true });

    elsewhere = false;
    rig.clock.pass(MINUTE);
    await rig.push({ touched: true });
    expect([...rig.list]).toEqual([addressOf('p_00')]);
  });

  it('adds somebody whom the other list lets go while a batch is under way', async () => {
    const { to, from } = await openGroup();
    // One write moves p_00 from the one list to the other, and p_01 comes too: both audiences are touched at once.
    from.want('p_00', unwanted);
    for (const id of people(2)) to.want(id, wantedAs(addressOf(id)));
    to.rig.before = async () => {
      to.rig.before = async () => {};
      await from.push({ audience: 'to-other', touched: true });
    };

    await to.push({ touched: true });
    const sent = from.queue.take();
    expect(sent).toEqual([{ body: { audience: 'to-tool', touched: true }, delaySeconds: 15 }]);
    to.clock.pass(15_000);
    await to.push({ touched: true });

    expect([...from.list]).toEqual([]);
    expect([...to.list].sort()).toEqual(people(2).map(addressOf));
    expect((await to.remembers()).sendsInGroup).toBeUndefined();
  });

  it('tells whoever waits of removals also when the run fails after them', async () => {
    const { to, from } = await openGroup();
    to.want('p_00', wantedAs(addressOf('p_00')));
    await to.push();
    from.want('p_00', unwanted);
    from.want('p_01', wantedAs(addressOf('p_01')));
    from.rig.before = async ({ op }) => {
      if (op === 'add') throw new TributaryError('config', 'test/refused', 'not allowed');
    };

    await from.push({ audience: 'to-other' });

    expect([...from.list, ...to.list]).toEqual([]);
    expect(from.queue.take().map(({ body }) => body)).toContainEqual({ audience: 'to-tool', touched: true });
  });

  it.each([
    ['before it has looked', 'ensure'],
    ['over its batch', 'apply'],
  ] as const)('is still told of a removal after a run that failed %s', async (_, step) => {
    const { to, from } = await openGroup();
    for (const id of people(2)) to.want(id, wantedAs(addressOf(id)));
    if (step === 'ensure') await to.push();
    to.destination[step] = async () => {
      throw new TributaryError('config', 'test/refused', 'not allowed');
    };
    to.clock.pass(MINUTE);
    to.want('p_02', wantedAs(addressOf('p_02')));
    await to.push();
    expect(await to.run()).toMatchObject({ state: 'failed' });
    from.want('p_00', unwanted);

    await from.push({ audience: 'to-other' });

    expect(from.queue.take().map(({ body }) => body)).toContainEqual({ audience: 'to-tool', touched: true });
  });
});

/** Two audiences of a group, each with a tool of its own; p_00 is on the list of `from`. */
async function openGroup() {
  const group = (priority: number) => ({ group: { name: 'offers', priority }, when: 'realtime' as const });
  const to = openRig({ audience: group(1), others: [{ audience: 'to-other', ...group(2) }] });
  const from = openRig({
    state: to.state,
    audience: { audience: 'to-other', ...group(2) },
    others: [{ audience: 'to-tool', ...group(1) }],
  });
  const read = to.memberships.readAudienceRows;
  Object.assign(to.memberships, {
    readAudienceRows: (audience: string, ids: readonly string[]) =>
      audience === 'to-tool' ? read(audience, ids) : from.memberships.readAudienceRows(audience, ids),
  });
  from.want('p_00', wantedAs(addressOf('p_00')));
  await from.push({ audience: 'to-other' });
  for (const { clock } of [from, to]) clock.pass(MINUTE);
  return { to, from };
}
