import { describe, expect, it } from 'vitest';
import { openDeployed, openIdling } from '../../lib/adapters/deployed.ts';
import { declaredChanges, declaredIn } from '../../lib/domain/declared.ts';
import { deployedText } from '../../lib/infra/deployed.ts';
import { at, resource } from './reading.ts';
import { partnerBus, synthesiseTiny, tinyWorkspace } from './tiny-workspace.ts';

describe('what a template says it was synthesised from', () => {
  it('is told to the API as it was', { timeout: 120_000 }, async () => {
    const { template, close } = await synthesiseTiny();
    close();
    const told = String(at(resource(template, 'ApiFunction'), 'Environment.Variables.DEPLOYED'));
    const declared = declaredIn(tinyWorkspace);

    expect(openDeployed(told)(declared)).toEqual(declared);
    const changed = declaredIn({ ...tinyWorkspace, timezone: 'UTC', audiences: [] });
    expect(declaredChanges(openDeployed(told)(changed) ?? {}, changed)).toEqual([
      { resource: 'push lapsing', change: 'removed', deployed: 'newsletter cron(0 2 * * ? *)', wanted: null },
      { resource: 'push live', change: 'removed', deployed: 'newsletter realtime', wanted: null },
      { resource: 'time zone', change: 'edited', deployed: 'Europe/Berlin', wanted: 'UTC' },
      { resource: 'verify lapsing', change: 'removed', deployed: 'cron(0 5 * * ? *)', wanted: null },
    ]);
  });

  it('counts what is paid for by the month', { timeout: 120_000 }, async () => {
    const { template, close } = await synthesiseTiny();
    close();
    const told = String(at(resource(template, 'ApiFunction'), 'Environment.Variables.INVENTORY'));
    const many = (type: string) => Object.values(template.Resources).filter(({ Type }) => Type === type).length;

    expect(openIdling(told).inventory).toEqual({
      secrets: many('AWS::SecretsManager::Secret'),
      alarms: many('AWS::CloudWatch::Alarm'),
      dashboards: many('AWS::CloudWatch::Dashboard'),
      polledQueues: many('AWS::Lambda::EventSourceMapping'),
    });
    expect(openIdling(told).inventory.alarms).toBeGreaterThan(10);
  });

  it('holds the bus of a connection: a rule on it has to be deployed', () => {
    const { crm } = tinyWorkspace.connections;
    if (crm === undefined) throw new Error('the tiny workspace has lost its crm');
    const { eventBus: _, ...silent } = crm;
    const quiet = { ...tinyWorkspace, connections: { ...tinyWorkspace.connections, crm: silent } };

    expect(declaredChanges(declaredIn(quiet), declaredIn(tinyWorkspace))).toEqual([
      {
        resource: 'connection crm',
        change: 'edited',
        deployed: 'salesforce',
        wanted: `salesforce, events of ${partnerBus}`,
      },
    ]);
  });

  it('does not hold what is published without a deployment', () => {
    const { crm, ...others } = tinyWorkspace.connections;
    if (crm === undefined) throw new Error('the tiny workspace has lost its crm');
    const connections = {
      ...others,
      crm: { ...crm, quotaShare: 1, endpoint: 'https://proxy.example.com', config: { a: 1 } },
    };

    expect(deployedText({ ...tinyWorkspace, connections })).toBe(deployedText(tinyWorkspace));
  });

  it('is only named where it is too long for a variable', () => {
    const streams = Object.fromEntries(
      Array.from({ length: 900 }, (_, n) => [
        `stream-${n * 7919}`,
        { expression: `rate(${n + 2} minutes)`, words: '' },
      ]),
    );
    const { crm } = tinyWorkspace.connections;
    if (crm === undefined) throw new Error('the tiny workspace has lost its crm');
    const large = { ...tinyWorkspace, connections: { crm: { ...crm, streams } } };
    const text = deployedText(large);

    expect(text.length).toBeLessThan(100);
    expect(openDeployed(text)(declaredIn(large))).toEqual(declaredIn(large));
    expect(openDeployed(text)(declaredIn(tinyWorkspace))).toBeUndefined();
  });
});
