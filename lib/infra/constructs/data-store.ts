import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  type ITable,
  ProjectionType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acceptFindings } from '../accepted-findings.ts';
import { type ArchiveFolder, archiveFolders, daysKept, type Retention } from '../archive.ts';
import { tablesIn } from '../contexts.ts';
import { secretName } from '../environment.ts';
import { freezeId, idPart } from '../logical-id.ts';
import { type KeyAttribute, type TableName, type TableSpec, tableNames, tables } from '../tables.ts';

/** A table as the rest of the stack knows it, whoever made it. */
export type StoredTable = Pick<ITable, 'tableArn' | 'tableName'>;

export interface DataStoreProps {
  readonly workspace: string;
  readonly retention: Retention;
}

/**
 * Everything that must outlive the stack: tables, archive and the identity key. All of it is retained. Tables that were restored
 * may stand for the stack's own (`-c tables=FILE`). What a deployment
 * that fails has just made is taken back, where it can be: tables are protected from deletion, and stay, empty.
 */
export class DataStore extends Construct {
  readonly archive: Bucket;
  readonly identityKey: Secret;
  private readonly byName: ReadonlyMap<TableName, StoredTable>;

  constructor(scope: Construct, id: string, props: DataStoreProps) {
    super(scope, id);
    const instead = tablesIn(this);
    const open = (name: TableName): StoredTable =>
      instead === undefined ? openTable(this, name, tables[name]) : adoptTable(this, name, instead[name]);
    this.byName = new Map(tableNames.map((name) => [name, open(name)]));
    this.archive = openArchive(this, props.retention);
    this.identityKey = openIdentityKey(this, props.workspace);
  }

  table(name: TableName): StoredTable {
    const table = this.byName.get(name);
    if (table === undefined) throw new TypeError(`no table ${name}`);
    return table;
  }
}

function openTable(scope: Construct, name: TableName, spec: TableSpec): Table {
  const [partition, sort] = spec.key;
  const table = new Table(scope, name, {
    partitionKey: attribute(partition),
    ...(sort === undefined ? {} : { sortKey: attribute(sort) }),
    ...(spec.expires === undefined ? {} : { timeToLiveAttribute: spec.expires }),
    billingMode: BillingMode.PAY_PER_REQUEST,
    // The key of the account's DynamoDB: no monthly price, its use is in CloudTrail, and callers need no key rights.
    encryption: TableEncryption.AWS_MANAGED,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  for (const [indexName, [indexPartition, indexSort]] of Object.entries(spec.indexes ?? {})) {
    table.addGlobalSecondaryIndex({
      indexName,
      partitionKey: attribute(indexPartition),
      sortKey: attribute(indexSort),
      projectionType: ProjectionType.KEYS_ONLY,
    });
  }
  freezeId(table, `${idPart(name)}Table`);
  return table;
}

/**
 * A table that is in the account already, restored from another: roles and variables follow it as they do our own. What else
 * belongs to a table, its expiry, recovery and protection, is not the stack's to give (docs/operating.md, Restoring).
 */
function adoptTable(scope: Construct, name: TableName, tableName: string): StoredTable {
  const tableArn = Stack.of(scope).formatArn({ service: 'dynamodb', resource: 'table', resourceName: tableName });
  return Table.fromTableArn(scope, name, tableArn);
}

function attribute({ name, type }: KeyAttribute): { name: string; type: AttributeType } {
  return { name, type: type === 'S' ? AttributeType.STRING : AttributeType.NUMBER };
}

function openArchive(scope: Construct, retention: Retention): Bucket {
  const bucket = new Bucket(scope, 'archive', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    // Not versioned: an erased person must not live on in older versions.
    versioned: false,
  });
  for (const folder of Object.keys(archiveFolders) as ArchiveFolder[]) {
    const days = daysKept(folder, retention);
    if (days !== undefined) {
      bucket.addLifecycleRule({ id: folder, prefix: archiveFolders[folder].prefix, expiration: Duration.days(days) });
    }
  }
  bucket.addLifecycleRule({ id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) });
  freezeId(bucket, 'ArchiveBucket');
  acceptFindings(bucket, [
    {
      id: 'AwsSolutions-S1',
      reason:
        'Only the functions of this stack read the archive, and what they do is in their logs and traces. Server access logs would be a second bucket of keys that an erasure has to search; CloudTrail data events are the better audit where one is wanted.',
    },
  ]);
  return bucket;
}

function openIdentityKey(scope: Construct, workspace: string): Secret {
  const secret = new Secret(scope, 'identity-key', {
    secretName: secretName(workspace, 'identity-key'),
    description:
      'Key of the identifier look-ups. Never delete it: no stored identifier could be found again. A new one goes beside it.',
    // As the functions read it: a planned change would add a key of generation 2 and keep this one for look-ups.
    generateSecretString: {
      secretStringTemplate: JSON.stringify({ generation: 1 }),
      generateStringKey: 'secret',
      passwordLength: 64,
      excludePunctuation: true,
    },
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  freezeId(secret, 'IdentityKey');
  acceptFindings(secret, [
    {
      id: 'AwsSolutions-SMG4',
      reason: 'Stored look-up keys are made with this key, so rotating it would make every identifier unfindable.',
    },
  ]);
  return secret;
}
