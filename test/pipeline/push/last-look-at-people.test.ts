import { describe, expect, it } from 'vitest';
import type { Change, Identifier } from '../../../lib/domain/change.ts';
import { compileDefinitions } from '../../../lib/domain/decide.ts';
import type { AudienceDefinition, Definitions } from '../../../lib/domain/definitions.ts';
import type { ToldSide } from '../../../lib/pipeline/ports.ts';
import { pauseMembers } from '../../../lib/pipeline/push/pause-members.ts';
import { deliver, identityKey } from '../delivering.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { definitions, NOW } from '../world.ts';
import { openRig } from './push-rig.ts';

const HOUR = 3_600_000;

/** A record as it stands since so many hours. */
function told(fragment: string, hours: number, stage: string, ...identifiers: readonly string[]): Change {
  return {
    kind: 'profile',
    fragment,
    at: new Date(NOW - hours * HOUR).toISOString(),
    identifiers: identifiers.map((value): Identifier => ({ type: value.includes('@') ? 'email' : 'user_id', value })),
    traits: { stage },
  };
}

const [template] = definitions.audiences as [AudienceDefinition];
const inGroup = (priority: number) => ({ group: { name: 'offers', priority } });
const gold: AudienceDefinition = { ...template, segment: 'customers', ...inGroup(1) };
const plain: AudienceDefinition = { ...template, audience: 'to-other', segment: 'prospects', ...inGroup(2) };
const grouped: Definitions = {
  ...definitions,
  segments: [
    { segment: 'customers', when: { trait: 'stage', is: 'customer' } },
    { segment: 'prospects', when: { trait: 'stage', is: 'prospect' } },
  ],
  audiences: [gold, plain],
};

/** People as they are resolved, and pushes that read them; a push sees each audience's rows as resolve left them. */
function openPeople(world: Definitions = definitions) {
  const stores = openMemoryStores();
  const { profiles, identities } = stores;
  const [audience, ...others] = world.audiences as [AudienceDefinition];
  const rig = openRig({ audience, others, profiles, identities });
  const compiled = compileDefinitions(world);
  const elsewhere = new Map<string, ToldSide>();
  const { readAudienceRows } = rig.memberships;
  Object.assign(rig.memberships, {
    readAudienceRows: async (of: string, ids: readonly string[]) => {
      if (of === audience.audience) return readAudienceRows(of, ids);
      const found = await stores.memberships.readAudienceRows(of, ids);
      return new Map([...found].map(([id, row]) => [id, { ...row, told: elsewhere.get(id) }]));
    },
  });
  /** Rows of DynamoDB keep what is not the wanted side when they are written again. */
  const copyRows = (): void => {
    for (const row of stores.rows()) {
      if (row.row !== 'audience' || row.audience !== audience.audience) continue;
      const { profile, wanted, version } = row;
      const held = rig.rows.get(profile);
      if ((held?.wantedVersion ?? 0) >= version) continue;
      const wants = { wanted, wantedVersion: version, pending: held !== undefined || wanted.in };
      rig.rows.set(profile, { profile, toldVersion: 0, ...held, ...wants });
    }
  };
  return {
    stores,
    rig,
    tell: (...changes: readonly Change[]) => deliver(stores, [changes], { compiled: async () => compiled }),
    pause: pauseMembers({
      ...{ identities, profiles, memberships: rig.memberships, key: identityKey },
      definitions: async () => world,
      touch: async () => {},
    }),
    idOf: (fragment: string) => stores.living().find(({ fragments }) => fragment in fragments)?.id ?? '',
    isOnOther: (id: string, inside = true) =>
      elsewhere.set(id, { in: inside, keys: [], outcome: 'applied', run: 'r', at: NOW }),
    async push() {
      copyRows();
      rig.clock.pass(60_000);
      await rig.push();
      return [...rig.list].sort();
    },
  };
}

describe('a hint that somebody may have withdrawn consent', () => {
  const RECORD = 'mail:member:a';
  const hinted = async (...changes: readonly Change[]) => {
    const people = openPeople();
    await people.tell(...changes);
    await people.pause([RECORD], 'pause', NOW);
    return people;
  };

  it('keeps them off a list whose segment they enter before their record was read again', async () => {
    const people = await hinted(told(RECORD, 9, 'prospect', 'ann@example.com'));
    await people.tell(told('crm:contact:1', 1, 'customer', 'ann@example.com'));

    expect(await people.push()).toEqual([]);
    expect((await people.rig.outcomes()).map(({ code }) => code)).toEqual(['push/paused']);
    await people.pause([RECORD], 'resume', NOW + 1);
    expect(await people.push()).toEqual(['ann@example.com']);
  });

  it('keeps them off also under an address that nobody knew when it came', async () => {
    const people = await hinted(told(RECORD, 9, 'prospect', 'ann@example.com', 'u-1'));
    await people.tell(told('crm:contact:1', 1, 'customer', 'ann.b@example.com', 'u-1'));

    expect(await people.push()).toEqual([]);
  });

  it('keeps them off although they turn out to be somebody else at the same time', async () => {
    const people = await hinted(
      told('crm:contact:1', 20, 'prospect', 'ann@example.com'),
      told(RECORD, 9, 'customer', 'ann.b@example.com'),
    );
    expect(people.stores.living()).toHaveLength(2);
    await people.tell(told('crm:contact:1', 2, 'customer', 'ann.b@example.com'));
    expect(people.stores.living()).toHaveLength(1);

    expect(await people.push()).toEqual([]);
  });

  it('holds for whoever has the record when they turn out to be two, and for nobody else', async () => {
    const people = await hinted(
      told('crm:contact:1', 20, 'customer', 'ann@example.com', 'u-1'),
      told(RECORD, 9, 'customer', 'ann.b@example.com', 'u-1'),
    );
    expect(people.stores.living()).toHaveLength(1);
    await people.tell(told('crm:contact:1', 2, 'customer', 'ann@example.com', 'u-2'));
    expect(people.stores.living()).toHaveLength(2);

    expect(await people.push()).toEqual(['ann@example.com']);
  });

  it('holds while one of two records of theirs was not read again', async () => {
    const people = await hinted(
      told(RECORD, 9, 'customer', 'ann@example.com'),
      told('mail:member:b', 9, 'customer', 'ann@example.com'),
    );
    await people.pause(['mail:member:b'], 'pause', NOW + 1);
    await people.pause([RECORD], 'resume', NOW + 2);

    expect(await people.push()).toEqual([]);
    await people.pause(['mail:member:b'], 'resume', NOW + 2);
    expect(await people.push()).toEqual(['ann@example.com']);
  });

  it('ends after a day where nobody could read the record again', async () => {
    const people = await hinted(told(RECORD, 9, 'customer', 'ann@example.com'));
    expect(await people.push()).toEqual([]);
    people.rig.clock.pass(24 * HOUR);

    expect(await people.push()).toEqual(['ann@example.com']);
  });

  it('holds as a former release wrote it, on the row', async () => {
    const people = openPeople();
    await people.tell(told(RECORD, 9, 'customer', 'ann@example.com'));
    const profile = people.idOf(RECORD);
    people.rig.rows.set(profile, {
      ...{ profile, wanted: { in: false, reason: 'not-in-segment' }, wantedVersion: 0, toldVersion: 0, pending: false },
      pausedUntil: NOW + HOUR,
    });

    expect(await people.push()).toEqual([]);
    people.rig.clock.pass(HOUR);
    expect(await people.push()).toEqual(['ann@example.com']);
  });
});

describe('the last look of an audience in a group', () => {
  const openMerged = async () => {
    const people = openPeople(grouped);
    // Ann is a prospect by her newsletter record, and on the other list; the CRM knows a customer by another address.
    await people.tell(told('mail:member:a', 9, 'prospect', 'ann@example.com'));
    const former = people.idOf('mail:member:a');
    await people.tell(told('crm:contact:1', 20, 'customer', 'ann.b@example.com'));
    people.isOnOther(former);
    await people.tell(told('mail:member:a', 8, 'prospect', 'ann.b@example.com'));
    expect(people.stores.pointers().map(({ id }) => id)).toEqual([former]);
    await people.tell(told('crm:contact:1', 1, 'customer', 'ann.b@example.com'));
    return { ...people, former };
  };

  it('adds nobody who is on the other list under the id that they had before a merge', async () => {
    const people = await openMerged();

    expect(await people.push()).toEqual([]);
    expect((await people.rig.outcomes()).map(({ code }) => code)).toEqual(['push/waits-for-group']);
    people.isOnOther(people.former, false);
    expect(await people.push()).toEqual(['ann.b@example.com']);
  });

  it('is not about somebody who was merged and lives again', async () => {
    const people = await openMerged();
    await people.tell(told('mail:member:a', 0, 'prospect', 'ann@example.com'));
    expect(people.stores.living()).toHaveLength(2);
    expect(people.idOf('mail:member:a')).toBe(people.former);

    expect(await people.push()).toEqual(['ann.b@example.com']);
  });
});
