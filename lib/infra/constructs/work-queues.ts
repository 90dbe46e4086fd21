import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acceptFindings } from '../accepted-findings.ts';
import { type FunctionSpec, functions } from '../functions.ts';
import { freezeId, idPart } from '../logical-id.ts';
import { daysKept, maxReceiveCount, type QueueName, queueNames, visibilitySeconds } from '../queues.ts';

/** The queues of the pipeline, each with a dead-letter queue, and one for schedules that could not be delivered. */
export class WorkQueues extends Construct {
  /** Scheduler messages that no queue took. */
  readonly missedSchedules: Queue;
  private readonly byName: ReadonlyMap<QueueName, Queue>;
  private readonly deadByName: ReadonlyMap<QueueName, Queue>;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const dead = queueNames.map((name) => [name, openDeadLetters(this, `${name}-dead-letters`)] as const);
    this.deadByName = new Map(dead);
    this.byName = new Map(dead.map(([name, deadLetters]) => [name, openQueue(this, name, deadLetters)]));
    this.missedSchedules = openDeadLetters(this, 'missed-schedules');
    acceptFindings(this.missedSchedules, [
      {
        id: 'AwsSolutions-SQS3',
        reason: 'This is the dead-letter queue of the schedules; cdk-nag only recognises those of other queues.',
      },
    ]);
  }

  /** All of them, with their dead letters. */
  get arns(): readonly string[] {
    const all = [...this.byName.values(), ...this.deadByName.values(), this.missedSchedules];
    return all.map(({ queueArn }) => queueArn);
  }

  /** `queue:name:name of its dead letters` of each, with commas between: short enough for a variable. */
  get names(): string {
    const pairs = queueNames.map((name) => `${name}:${this.queue(name).queueName}:${this.deadLetters(name).queueName}`);
    return [...pairs, `missed-schedules::${this.missedSchedules.queueName}`].join(',');
  }

  queue(name: QueueName): Queue {
    return present(this.byName.get(name), name);
  }

  deadLetters(name: QueueName): Queue {
    return present(this.deadByName.get(name), name);
  }
}

function openQueue(scope: Construct, name: QueueName, deadLetters: Queue): Queue {
  const queue = new Queue(scope, name, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    // As long as SQS keeps anything: a workspace may be paused, and a function may fail, for longer than a weekend.
    retentionPeriod: Duration.days(daysKept),
    visibilityTimeout: Duration.seconds(visibilitySeconds(timeoutOfReader(name))),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount },
  });
  freezeId(queue, `${idPart(name)}Queue`);
  return queue;
}

function openDeadLetters(scope: Construct, name: string): Queue {
  const queue = new Queue(scope, name, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    // The age of a message counts from its first sending: it has what the work queue left of the same days.
    retentionPeriod: Duration.days(daysKept),
  });
  freezeId(queue, `${idPart(name)}Queue`);
  return queue;
}

function timeoutOfReader(name: QueueName): number {
  const specs: readonly FunctionSpec[] = Object.values(functions);
  const readers = specs.filter(({ sources }) => sources.some(({ queue }) => queue === name));
  return Math.max(...readers.map(({ timeoutSeconds }) => timeoutSeconds));
}

function present(queue: Queue | undefined, name: string): Queue {
  if (queue === undefined) throw new TypeError(`no queue ${name}`);
  return queue;
}
