import type { Milliseconds } from '../../domain/instant.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { openExchange } from '../engines/exchange.ts';
import { listAt, objectAt, resourcesOf, textAt } from '../engines/template.ts';
import type { ResolvedTemplate } from './template-parts.ts';

/** Knows when the next profile is due, so that the clock can step to it. */
export interface DueProfiles {
  /** The earliest instant in the index, past ones included. Undefined when nothing is due at any time. */
  earliest(): Promise<Milliseconds | undefined>;
  close(): void;
}

/** The sparse index of the profiles table whose sort key is the instant at which a profile is due. */
const indexName = 'due-by-hour';

/** Opens the index in the engine itself. A template without such an index has nothing due. The caller closes it. */
export function openDueProfiles(from: ResolvedTemplate, dynamodbUrl: string): DueProfiles {
  const exchange = openExchange(dynamodbUrl);
  const indexes = resourcesOf(from.template, 'AWS::DynamoDB::Table').flatMap(({ logicalId, properties }) => {
    const found = listAt(properties, 'GlobalSecondaryIndexes').find(
      (index) => isJsonObject(index) && index.IndexName === indexName,
    );
    const sortKey = isJsonObject(found) ? sortKeyOf(found) : undefined;
    return sortKey === undefined ? [] : [{ table: from.resolver.nameOf(logicalId), sortKey }];
  });

  async function earliestIn(table: string, sortKey: string): Promise<Milliseconds | undefined> {
    let earliest: Milliseconds | undefined;
    let from: JsonObject | undefined;
    do {
      const page = await exchange.call('DynamoDB_20120810.Scan', {
        TableName: table,
        IndexName: indexName,
        ProjectionExpression: '#due',
        ExpressionAttributeNames: { '#due': sortKey },
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      });
      for (const item of listAt(page, 'Items')) {
        const due = isJsonObject(item) ? Number(textAt(objectAt(item, sortKey), 'N')) : Number.NaN;
        if (earliest === undefined || due < earliest) earliest = due;
      }
      from = isJsonObject(page.LastEvaluatedKey) ? page.LastEvaluatedKey : undefined;
    } while (from !== undefined);
    return earliest;
  }

  return {
    async earliest() {
      const each = await Promise.all(indexes.map(({ table, sortKey }) => earliestIn(table, sortKey)));
      const found = each.filter((instant) => instant !== undefined);
      return found.length === 0 ? undefined : Math.min(...found);
    },
    close: exchange.close,
  };
}

function sortKeyOf(index: JsonObject): string | undefined {
  const key = listAt(index, 'KeySchema').find((part) => isJsonObject(part) && part.KeyType === 'RANGE');
  return isJsonObject(key) ? textAt(key, 'AttributeName') : undefined;
}
