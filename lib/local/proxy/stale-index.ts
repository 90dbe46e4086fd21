import type { JsonObject } from '../../domain/json.ts';
import { listAt, textAt } from '../engines/template.ts';
import type { Fate } from './faults.ts';

/** Makes index queries answer late: items appear some reads after they were written, and vanish some reads late. */
export interface StaleIndexes {
  /** The answer to give to an index query, for the answer that the engine gave. */
  readonly answer: (request: JsonObject, fresh: JsonObject) => JsonObject;
}

const mostQueries = 500;
const mostItems = 50_000;

/**
 * A global secondary index follows its table after a while (DynamoDB developer guide); DynamoDB Local's never lags.
 * A stale answer is the last answer to the very same query, when there was one; otherwise it is the fresh answer less
 * the items that this index has not shown before. Either way the next query may be fresh again.
 */
export function openStaleIndexes(faults: Fate): StaleIndexes {
  const lastAnswers = new Map<string, JsonObject>();
  const shown = new Map<string, Set<string>>();
  return {
    answer: (request, fresh) => {
      const index = `${textAt(request, 'TableName')} ${textAt(request, 'IndexName')}`;
      const query = JSON.stringify(request);
      const last = lastAnswers.get(query);
      const stale = faults.happens('staleIndex');
      const seen = shown.get(index) ?? new Set();
      const items = listAt(fresh, 'Items');
      const known = items.filter((item) => seen.has(JSON.stringify(item)));
      if (seen.size + items.length > mostItems) seen.clear();
      for (const item of items) seen.add(JSON.stringify(item));
      shown.set(index, seen);
      if (lastAnswers.size >= mostQueries) lastAnswers.clear();
      lastAnswers.set(query, fresh);
      if (!stale) return fresh;
      if (last !== undefined) return last;
      return { ...fresh, Count: known.length, ...(fresh.Items === undefined ? {} : { Items: known }) };
    },
  };
}
