import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { JsonObject } from '../../lib/domain/json.ts';
import { type CreatedResources, createResources } from '../../lib/local/engines/create-resources.ts';
import { startQueuesAndBuckets } from '../../lib/local/engines/queues-and-buckets.ts';
import { accessKeyIdOf } from '../../lib/local/proxy/callers.ts';
import { type ProxyOptions, type StageProxy, startProxy } from '../../lib/local/proxy/proxy.ts';
import { readPolicies } from '../../lib/local/proxy/roles.ts';
import { handmadeTemplate } from './proxy-template.ts';

/** The lower half of a stage, on a DynamoDB Local that the test owns. */
export interface LowerStage extends CreatedResources {
  readonly proxy: StageProxy;
  /** Clients as a function's own would be: three attempts, its access key, one endpoint. */
  clientsOf(functionLogicalId: string, attempts?: number): Clients;
  queueUrl(logicalId: string): string;
  close(): Promise<void>;
}

export interface Clients {
  readonly dynamodb: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly s3: S3Client;
}

type StageOptions = Partial<Omit<ProxyOptions, 'engines'>> & { readonly template?: JsonObject };

let stages = 0;

/** Starts queues, buckets and proxy, and creates the template's resources. */
export async function openLowerStage(dynamodbUrl: string, options: StageOptions = {}): Promise<LowerStage> {
  const { template = handmadeTemplate(), ...proxyOptions } = options;
  const others = await startQueuesAndBuckets();
  const engines = { dynamodb: dynamodbUrl, queues: others.url };
  const proxy = await startProxy({ now: Date.now, ...proxyOptions, engines });
  stages += 1;
  // A stage with a data folder finds its queues again by their names.
  const stack = options.dataDir === undefined ? `test${stages}` : 'kept';
  const created = await createResources(template, engines, { queueOrigin: proxy.url, stack });
  await proxy.use(readPolicies(template, created.resolver), created.queues, created.notices);
  const opened: { destroy(): void }[] = [];
  return {
    ...created,
    proxy,
    clientsOf: (functionLogicalId, attempts = 3) => {
      const login = {
        endpoint: proxy.url,
        region: 'eu-central-1',
        maxAttempts: attempts,
        credentials: { accessKeyId: accessKeyIdOf(functionLogicalId), secretAccessKey: 'secret' },
      };
      const clients = { dynamodb: new DynamoDBClient(login), sqs: new SQSClient(login), s3: new S3Client(login) };
      opened.push(...Object.values(clients));
      return clients;
    },
    queueUrl: (logicalId) => String(created.resolver.resolve({ Ref: logicalId })),
    close: async () => {
      for (const client of opened) client.destroy();
      await proxy.close();
      await others.stop();
    },
  };
}
