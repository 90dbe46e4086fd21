import { DUE_SHARDS, dueKey } from '../../adapters/dynamodb/profile-items.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import { isJsonObject } from '../../domain/json.ts';
import { openExchange } from '../engines/exchange.ts';
import { listAt, objectAt, resourcesOf, textAt } from '../engines/template.ts';
import type { ResolvedTemplate } from './template-parts.ts';

/** Knows when the next profile is due, so that the clock can step to it. */
export interface DueProfiles {
  /** The earliest instant in the hours from `from` to `until`. Undefined when no profile is due in them. */
  earliest(from: Milliseconds, until: Milliseconds): Promise<Milliseconds | undefined>;
  close(): void;
}

const indexName = 'due-by-hour';
const hourMs = 3_600_000;

/** Opens the index in the engine itself. A template without such an index has nothing due. The caller closes it. */
export function openDueProfiles(template: ResolvedTemplate, dynamodbUrl: string): DueProfiles {
  const exchange = openExchange(dynamodbUrl);
  const tables = resourcesOf(template.template, 'AWS::DynamoDB::Table')
    .filter(({ properties }) =>
      listAt(properties, 'GlobalSecondaryIndexes').some(
        (index) => isJsonObject(index) && index.IndexName === indexName,
      ),
    )
    .map(({ logicalId }) => template.resolver.nameOf(logicalId));

  const earliestIn = async (table: string, dueHour: string): Promise<readonly Milliseconds[]> => {
    const page = await exchange.call('DynamoDB_20120810.Query', {
      TableName: table,
      IndexName: indexName,
      KeyConditionExpression: 'dueHour = :hour',
      ExpressionAttributeValues: { ':hour': { S: dueHour } },
      Limit: 1,
    });
    return listAt(page, 'Items').map((item) => Number(textAt(objectAt(isJsonObject(item) ? item : {}, 'dueAt'), 'N')));
  };

  return {
    async earliest(from, until) {
      for (let hour = Math.floor(from / hourMs) * hourMs; hour <= until; hour += hourMs) {
        const partitions = tables.flatMap((table) => shardsOf(hour).map((shard) => earliestIn(table, shard)));
        const found = (await Promise.all(partitions)).flat();
        if (found.length > 0) return Math.min(...found);
      }
      return undefined;
    },
    close: exchange.close,
  };
}

/** The partitions of the index for an hour. */
function shardsOf(hour: Milliseconds): readonly string[] {
  const [name = ''] = dueKey('', hour).dueHour.split('#');
  return Array.from({ length: DUE_SHARDS }, (_, shard) => `${name}#${shard}`);
}
