import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthesiseTiny, tinyWorkspace } from './tiny-workspace.ts';

// A changed id makes CloudFormation replace the resource: a table comes back empty, a queue loses what waits in it, a
// named secret or group cannot be made again. Add to the list; a change to it is a breaking release.
const frozen = [
  'ProfilesTable',
  'IdentifiersTable',
  'AccountsTable',
  'ActivitiesTable',
  'MembershipsTable',
  'HistoryTable',
  'LedgerTable',
  'StateTable',
  'ArchiveBucket',
  'IdentityKey',
  'secretscrmE1BCB9E4',
  'secretsnewsletterFB3A8921',
  'secretsspareEF34F608',
  'ChangesQueue',
  'RecomputeQueue',
  'SyncQueue',
  'TimersQueue',
  'PushQueue',
  'JobsQueue',
  'ImportsQueue',
  'ChangesDeadLettersQueue',
  'RecomputeDeadLettersQueue',
  'SyncDeadLettersQueue',
  'TimersDeadLettersQueue',
  'PushDeadLettersQueue',
  'JobsDeadLettersQueue',
  'ImportsDeadLettersQueue',
  'MissedSchedulesQueue',
  'CollectFunction',
  'ReceiveWebhookFunction',
  'SyncStreamFunction',
  'ResolveProfileFunction',
  'SweepDueFunction',
  'ActivateAudienceFunction',
  'RunJobFunction',
  'ImportFileFunction',
  'ApiFunction',
  'ScheduleGroup',
  'HttpApi',
  'AlertsTopic',
  'Dashboard',
];

let synthesised: Awaited<ReturnType<typeof synthesiseTiny>>;

beforeAll(async () => {
  synthesised = await synthesiseTiny();
}, 60_000);

afterAll(() => synthesised.close());

describe('logical ids', () => {
  it('stay what they were', () => {
    expect(Object.keys(synthesised.template.Resources)).toEqual(expect.arrayContaining(frozen));
  });

  it('do not depend on what else the workspace holds', async () => {
    const { crm } = tinyWorkspace.connections;
    if (crm === undefined) throw new Error('the tiny workspace has lost its crm');
    const smaller = await synthesiseTiny({ ...tinyWorkspace, connections: { crm }, audiences: [] });
    smaller.close();

    const ids = new Set(Object.keys(synthesised.template.Resources));
    expect(Object.keys(smaller.template.Resources).filter((id) => !ids.has(id))).toEqual([]);
  });

  it('are the same with the same bytes each time', async () => {
    const again = await synthesiseTiny();
    again.close();

    expect(JSON.stringify(again.template)).toBe(JSON.stringify(synthesised.template));
  });
});
