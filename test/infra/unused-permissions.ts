/**
 * Permissions that no end-to-end test was seen to use, each with its reason: one line for all functions that hold it for
 * that reason. `of` absent = every function.
 */
export interface Unused {
  readonly of?: readonly string[];
  readonly permissions: readonly (string | RegExp)[];
  readonly why: string;
}

export const unusedPermissions: readonly Unused[] = [
  {
    permissions: [/^logs:(CreateLogStream|PutLogEvents) \w+Log:\*$/],
    why: 'Lambda itself writes what a function prints, in the name of its role; the stage keeps the lines.',
  },
  {
    permissions: ['xray:PutTelemetryRecords *', 'xray:PutTraceSegments *'],
    why: 'The tracer sends by the X-Ray daemon, which is not played on the stage.',
  },
  {
    permissions: [
      /^sqs:(DeleteMessage|GetQueueAttributes|ReceiveMessage) (Sync|Changes|Recompute|Timers|Push|Jobs|Imports)Queue$/,
    ],
    why: 'Lambda polls a queue in the name of the function; on the stage its own poller does, after the role was looked at.',
  },
  {
    of: ['ReceiveWebhookFunction'],
    permissions: [
      'dynamodb:BatchGetItem LedgerTable',
      'dynamodb:BatchWriteItem LedgerTable',
      'secretsmanager:GetSecretValue secret of the identity key',
    ],
    why: 'A delivery that may be a push of ours coming back is looked up in the write ledger, and a line that was recognised is spent (test/pipeline/sync/receive-webhook.test.ts).',
  },
  {
    of: ['SyncStreamFunction'],
    permissions: ['dynamodb:BatchWriteItem LedgerTable'],
    why: 'An echo that was recognised in a page is spent (test/conformance).',
  },
  {
    of: ['SyncStreamFunction', 'ImportFileFunction'],
    permissions: ['sqs:SendMessage SyncQueue', 'sqs:SendMessage ImportsQueue'],
    why: 'Who runs out of time queues what is left: the small worlds of tests fit into one invocation (test/pipeline/sync, test/pipeline/imports).',
  },
  {
    of: ['SyncStreamFunction'],
    permissions: ['sqs:SendMessage JobsQueue', 's3:PutObject ArchiveBucket/samples/*'],
    why: 'A checkpoint too old asks for a replay; `pull --sample` keeps its sample for a day (test/pipeline/sync).',
  },
  {
    of: ['ResolveProfileFunction'],
    permissions: [
      ...['dynamodb:PartiQLUpdate AccountsTable', 'dynamodb:PartiQLUpdate IdentifiersTable'],
      'dynamodb:PartiQLDelete ActivitiesTable',
    ],
    why: 'A company that is known changes; a merge points identifiers at the survivor; a replay takes away activities that no record tells any more (test/adapters, test/pipeline/replay).',
  },
  {
    of: ['ResolveProfileFunction'],
    permissions: ['s3:GetObject ArchiveBucket/scans/*'],
    why: 'A walk that goes on reads what its part had found: people of small worlds fit into one message (test/pipeline/define).',
  },
  {
    of: ['SweepDueFunction'],
    permissions: ['sns:Publish AlertsTopic'],
    why: 'A schedule that was missed is told (test/pipeline/alerts.test.ts).',
  },
  {
    of: ['RunJobFunction'],
    permissions: [
      ...[
        'dynamodb:PartiQLInsert MembershipsTable',
        'dynamodb:PartiQLUpdate MembershipsTable',
        'dynamodb:Query MembershipsTable',
      ],
      ...['dynamodb:BatchWriteItem LedgerTable'],
      ...[
        's3:GetObject ArchiveBucket/deliveries/*',
        's3:PutObject ArchiveBucket/deliveries/*',
        's3:DeleteObject ArchiveBucket/deliveries/*',
      ],
      ...[
        'sqs:ChangeMessageVisibility SyncDeadLettersQueue',
        'sqs:DeleteMessage SyncDeadLettersQueue',
        'sqs:SendMessage SyncDeadLettersQueue',
      ],
    ],
    why: 'An erasure of somebody who is on lists, was pushed to, came by webhooks and lies in dead letters (test/pipeline/erase), or a replay that spends a line of the write ledger (test/pipeline/push); reviews look at some members (test/pipeline/review).',
  },
  {
    of: ['ImportFileFunction'],
    permissions: ['s3:GetObject ArchiveBucket/rejects/*'],
    why: 'Rows that were not taken are added to the object that holds the former ones (test/pipeline/imports).',
  },
  {
    of: ['ApiFunction'],
    permissions: ['s3:GetObject ArchiveBucket/samples/*'],
    why: 'A sample that was asked for is handed out (test/api).',
  },
  {
    of: ['RunJobFunction'],
    permissions: [
      /^sqs:(ChangeMessageVisibility|DeleteMessage|GetQueueAttributes|ReceiveMessage) (Imports|Jobs|Push|Recompute|Timers)DeadLettersQueue$/,
      ...['sqs:SendMessage ImportsQueue', 'sqs:SendMessage SyncQueue', 'sqs:SendMessage TimersQueue'],
    ],
    why: '`redrive` moves back the dead letters of whatever queue somebody names (test/chaos, test/pipeline/redrive).',
  },
];
