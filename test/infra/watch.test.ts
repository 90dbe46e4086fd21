import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterAll, describe, expect, it } from 'vitest';
import { type MetricName, metricLines, metrics } from '../../lib/domain/metrics.ts';
import { STACK_ID, type Template } from '../../lib/infra/synthesise.ts';
import { TributaryStack } from '../../lib/infra/tributary-stack.ts';
import { filesUnder, root } from '../architecture/source-files.ts';
import { at, resource, resourcesOf } from './reading.ts';
import { synthesiseTiny, tinyWorkspace, writeBundles } from './tiny-workspace.ts';

const synthesised = await synthesiseTiny();
const { template } = synthesised;
afterAll(() => synthesised.close());

const runbook = readFileSync(join(root, 'docs', 'runbook.md'), 'utf8');
/** Heading → its chapter. */
const chapters = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((chapter) => [chapter.slice(0, chapter.indexOf('\n')), chapter] as const),
);

const described = (of: Template) =>
  Object.values(resourcesOf(of, 'AWS::CloudWatch::Alarm')).map((alarm) => String(at(alarm, 'AlarmDescription')));

describe('alarms', () => {
  it('each say what is wrong, and lead to a chapter that says what it means, how to look and what to do', () => {
    const links = described(template).map((text) => /^.+\. docs\/runbook\.md#([a-z-]+)$/.exec(text)?.[1]);

    expect(links.length).toBeGreaterThan(35);
    expect(links).not.toContain(undefined);
    for (const link of new Set(links)) {
      const chapter = chapters.get(link ?? '') ?? `no chapter ${link}`;
      expect(chapter).toMatch(/^\*\*Means\.\*\* .+[\s\S]+^\*\*Look\.\*\* .+[\s\S]+^\*\*Do\.\*\* .+/m);
    }
  });

  it('are all that the runbook has chapters for', () => {
    const linked = new Set(described(template).map((text) => text.split('#').at(-1)));

    const others = ['Metrics', 'Stop a push now'];
    expect([...chapters.keys()].filter((name) => !others.includes(name)).sort()).toEqual([...linked].sort());
  });

  it('link to where the documents are read, when the operator says where', () => {
    const app = new App({
      outdir: join(synthesised.assemblyDir, 'elsewhere'),
      builtinCloudFormationValidation: false,
      context: { docsUrl: 'https://git.example.com/acme/docs/' },
    });
    new TributaryStack(app, STACK_ID, {
      workspace: tinyWorkspace,
      bundles: writeBundles(join(synthesised.assemblyDir, 'bundles')),
    });
    const elsewhere = app.synth().getStackArtifact(STACK_ID).template as Template;

    expect(described(elsewhere)[0]).toContain(' https://git.example.com/acme/docs/runbook.md#');
    expect(JSON.stringify(at(resource(elsewhere, 'Dashboard'), 'DashboardBody'))).toContain(
      'https://git.example.com/acme/docs/runbook.md',
    );
  });
});

describe('the alarm of the clock', () => {
  it('rings when the sweep was not called for a quarter of an hour, and takes silence for that', () => {
    const { Properties } = resource(template, 'ClockStoppedAlarm');

    expect(Properties).toMatchObject({
      MetricName: 'Invocations',
      Namespace: 'AWS/Lambda',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'SweepDueFunction' } }],
      Statistic: 'Sum',
      ...{ ComparisonOperator: 'LessThanThreshold', Threshold: 1 },
      ...{ Period: 300, EvaluationPeriods: 3, TreatMissingData: 'breaching' },
      AlarmActions: [{ Ref: 'AlertsTopic' }],
    });
  });
});

describe('metrics', () => {
  it('that code tells, that the dashboard shows and that alarms watch are those of one table', () => {
    const names = Object.keys(metrics).sort();
    const sources = filesUnder('lib').filter((path) => path.endsWith('.ts'));
    const told = sources.flatMap((path) => [
      ...readFileSync(join(root, path), 'utf8').matchAll(/metricLines\(\s*'([^']+)'/g),
    ]);
    const board = JSON.stringify(at(resource(template, 'Dashboard'), 'DashboardBody'));
    const shown = [...board.matchAll(/Pipeline\/[a-z]+\/[a-z]+/g)].map(([name]) => name);
    const watched = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm'))
      .filter((alarm) => at(alarm, 'Namespace') === 'Tributary')
      .map((alarm) => String(at(alarm, 'MetricName')));

    expect([...new Set(told.map(([, name]) => name))].sort()).toEqual(names);
    expect([...new Set(shown)].sort()).toEqual(names);
    expect(new Set(watched)).toEqual(new Set(['Pipeline/alert/open'] satisfies MetricName[]));
  });

  it('stand in lines that CloudWatch reads, a hundred values in each, with every dimension', () => {
    const lines = metricLines(
      'Pipeline/resolve/age',
      Array.from({ length: 150 }, (_, n) => n),
      { workspace: 'acme' },
      5,
    );

    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      _aws: {
        Timestamp: 5,
        CloudWatchMetrics: [
          {
            Namespace: 'Tributary',
            Dimensions: [['workspace']],
            Metrics: [{ Name: 'Pipeline/resolve/age', Unit: 'Milliseconds' }],
          },
        ],
      },
      workspace: 'acme',
    });
    expect(lines.map((line) => (line['Pipeline/resolve/age'] as number[]).length)).toEqual([100, 50]);
    expect(metricLines('Pipeline/sweep/due', [7], { workspace: 'acme' }, 5)[0]?.['Pipeline/sweep/due']).toBe(7);
  });
});

describe('the dashboard', () => {
  it('asks the questions of whoever is woken, in the order of their urgency', () => {
    const body = JSON.stringify(at(resource(template, 'Dashboard'), 'DashboardBody'));
    const questions = [...body.matchAll(/## ([A-Z][^?]+\?)/g)].map(([, question]) => question);

    expect(questions).toEqual([
      'Is something wrong now?',
      'How long from a change to its memberships?',
      'What waits, and for how long?',
      'What fails, and who has to act?',
      'Do pulls and pushes go out?',
      'What is paid for?',
    ]);
  });
});
