/** What AWS allows, where it is written, and whether one can ask for more. Read in the month that `date` names. */
export interface AwsLimit {
  readonly value: number;
  readonly what: string;
  readonly source: string;
  /** A default of an account that Service Quotas raises. */
  readonly canGrow: boolean;
}

export const limitsReadIn = '2026-11';

export const limits = {
  partitionWrites: {
    value: 1_000,
    what: 'write units a second of one partition, of a table or an index',
    source: 'DynamoDB developer guide, best practices for designing partition keys',
    canGrow: false,
  },
  partitionReads: {
    value: 3_000,
    what: 'read units a second of one partition',
    source: 'DynamoDB developer guide, best practices for designing partition keys',
    canGrow: false,
  },
  tableWrites: {
    value: 40_000,
    what: 'write units a second of one table, of each index besides',
    source: 'DynamoDB developer guide, quotas: throughput default quotas, on demand',
    canGrow: true,
  },
  newTableWrites: {
    value: 4_000,
    what: 'write units a second that a table takes which never took more; twice its former peak within 30 minutes',
    source: 'DynamoDB developer guide, on-demand capacity mode: initial throughput and scaling',
    canGrow: true,
  },
  itemBytes: {
    value: 400 * 1_024,
    what: 'bytes of an item',
    source: 'DynamoDB developer guide, quotas',
    canGrow: false,
  },
  pageBytes: {
    value: 1_024 * 1_024,
    what: 'bytes that one query or scan request reads',
    source: 'DynamoDB developer guide, Query and Scan',
    canGrow: false,
  },
  firstBatches: {
    value: 5,
    what: 'batches of a queue that Lambda takes at once when messages come',
    source: 'Lambda developer guide, scaling behaviour for SQS event source mappings',
    canGrow: false,
  },
  moreBatchesAMinute: {
    value: 300,
    what: 'batches more that it takes at once, each minute',
    source: 'Lambda developer guide, scaling behaviour for SQS event source mappings',
    canGrow: false,
  },
  mostConcurrency: {
    value: 1_000,
    what: 'batches at once of one queue, at the highest setting',
    source: 'CloudFormation reference, AWS::Lambda::EventSourceMapping ScalingConfig',
    canGrow: false,
  },
  concurrency: {
    value: 1_000,
    what: 'invocations at once of all functions of an account and region',
    source: 'Lambda developer guide, quotas',
    canGrow: true,
  },
  megabytesACore: {
    value: 1_769,
    what: 'megabytes of memory with which a function has one core',
    source: 'Lambda developer guide, configuring memory',
    canGrow: false,
  },
  messagesInFlight: {
    value: 120_000,
    what: 'messages of a queue that were received and not deleted',
    source: 'SQS developer guide, standard queue quotas',
    canGrow: true,
  },
  frontDoorRequests: {
    value: 10_000,
    what: 'requests a second to all HTTP APIs of an account and region',
    source: 'API Gateway developer guide, quotas',
    canGrow: true,
  },
} as const satisfies Readonly<Record<string, AwsLimit>>;
