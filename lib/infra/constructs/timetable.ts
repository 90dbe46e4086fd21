import { Stack } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Schedule } from '../../domain/definitions.ts';
import { reconciliation } from '../../domain/reconciliation.ts';
import { rounds } from '../../domain/rounds.ts';
import { pausedIn } from '../contexts.ts';
import { freezeId } from '../logical-id.ts';
import { stackNameOf, type WorkspaceForSynthesis } from '../workspace-for-synthesis.ts';
import type { WorkQueues } from './work-queues.ts';

export interface TimetableProps {
  readonly workspace: WorkspaceForSynthesis;
  readonly queues: WorkQueues;
}

interface Entry {
  /** Part of the logical id, so frozen. */
  readonly id: string;
  readonly description: string;
  readonly expression: string;
  readonly queue: Queue;
  readonly message: Readonly<Record<string, string | boolean>>;
}

/** EventBridge Scheduler replaces it by the instant that the firing was due (EventBridge Scheduler user guide). */
const SCHEDULED_TIME = '<aws.scheduler.scheduled-time>';

/** What happens when, each a message: streams, nightly audiences, checks of lists, the minute sweep, the nightly rounds. */
export class Timetable extends Construct {
  constructor(scope: Construct, id: string, { workspace, queues }: TimetableProps) {
    super(scope, id);
    const group = new CfnScheduleGroup(this, 'group', { name: stackNameOf(workspace.workspace) });
    freezeId(group, 'ScheduleGroup');
    const role = openRole(this, group, queues);
    // Said also where it is the default: a property that is taken away may leave behind what it had set.
    const state = pausedIn(this).schedules ? 'DISABLED' : 'ENABLED';
    for (const { id: entryId, description, expression, queue, message } of entriesOf(workspace, queues)) {
      new CfnSchedule(this, entryId, {
        description,
        groupName: group.ref,
        state,
        scheduleExpression: expression,
        scheduleExpressionTimezone: workspace.timezone,
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: queue.queueArn,
          roleArn: role.roleArn,
          input: JSON.stringify({ ...message, scheduledAt: SCHEDULED_TIME }),
          deadLetterConfig: { arn: queues.missedSchedules.queueArn },
          retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 30 },
        },
      });
    }
  }
}

function entriesOf(workspace: WorkspaceForSynthesis, queues: WorkQueues): readonly Entry[] {
  const streams = Object.values(workspace.connections).flatMap(({ name: connection, streams: schedules }) =>
    Object.entries(schedules).map(([stream, { expression, words }]) => ({
      id: `sync ${connection} ${stream}`,
      description: `Pull ${connection} ${stream} ${words}`,
      expression,
      queue: queues.queue('sync'),
      message: { connection, stream },
    })),
  );
  const audiences = workspace.audiences.flatMap(({ audience, when }) =>
    when === undefined ? [] : [pushEntry(audience, when === 'realtime' ? reconciliation : when, queues)],
  );
  const checks = workspace.audiences.flatMap(({ audience, verify }) =>
    verify?.when === undefined
      ? []
      : [
          {
            id: `verify ${audience}`,
            description: `Check the list of ${audience} ${verify.when.words}`,
            expression: verify.when.expression,
            queue: queues.queue('push'),
            message: { verify: audience },
          },
        ],
  );
  const sweep: Entry = {
    id: 'sweep',
    description: 'Send due profiles to be evaluated again',
    expression: 'rate(1 minute)',
    queue: queues.queue('timers'),
    message: { sweep: true },
  };
  const care: Entry = {
    id: 'care for the archive',
    description: 'Take erased people out of the archive and settle their receipts',
    expression: rounds.care.expression,
    queue: queues.queue('jobs'),
    message: { care: true },
  };
  const recount: Entry = {
    id: 'recount',
    description: 'Count the members of every segment',
    expression: rounds.recount.expression,
    queue: queues.queue('recompute'),
    message: { recount: true },
  };
  const { learned } = workspace;
  const learn: readonly Entry[] =
    learned === undefined
      ? []
      : [
          {
            id: 'learn',
            description: `Learn from everybody and score everybody ${learned.at.words}`,
            expression: learned.at.expression,
            queue: queues.queue('jobs'),
            message: { learn: true },
          },
        ];
  return [...streams, ...audiences, ...checks, sweep, care, recount, ...learn];
}

function pushEntry(audience: string, { expression, words }: Schedule, queues: WorkQueues): Entry {
  return {
    id: `push ${audience}`,
    description: `Push ${audience} ${words}`,
    expression,
    queue: queues.queue('push'),
    message: { audience },
  };
}

function openRole(scope: Construct, group: CfnScheduleGroup, queues: WorkQueues): Role {
  const work = ['sync', 'push', 'timers', 'recompute', 'jobs'] as const;
  const targets = [...work.map((name) => queues.queue(name)), queues.missedSchedules];
  const role = new Role(scope, 'role', {
    // Only schedules of this group may use the role, not any schedule that somebody makes in the account.
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': Stack.of(scope).account, 'aws:SourceArn': group.attrArn },
      },
    }),
    inlinePolicies: {
      send: new PolicyDocument({
        statements: [
          new PolicyStatement({ actions: ['sqs:SendMessage'], resources: targets.map(({ queueArn }) => queueArn) }),
        ],
      }),
    },
  });
  freezeId(role, 'ScheduleRole');
  return role;
}
