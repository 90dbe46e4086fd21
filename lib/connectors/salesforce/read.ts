import type { JsonObject } from '../../domain/json.ts';
import type { ReadOptions } from '../contract.ts';
import type { RecordPage } from '../define.ts';
import { openBackfill, readBackfill } from './backfill.ts';
import type { SalesforceApi } from './client.ts';
import type { Cursor } from './cursor.ts';
import { openOrg } from './org.ts';
import { fitted, type Source, type Step } from './source.ts';
import { openWindow, readWindow } from './window.ts';

/** The checkpoint of a page that is only a part: the same records go through more mappings. It never leaves the stream. */
export const partOfPage: Cursor = { v: 1, phase: 'done', instant: 'part of a page' };

/**
 * Pages of all sources in turn: a backfill by bulk jobs, then windows of what changed, up to `options.now`.
 * Ends without a word when the signal fires; the checkpoint of the last page is where to go on.
 */
export async function* readSources(
  api: SalesforceApi,
  asked: readonly Source[],
  from: Cursor | undefined,
  options: ReadOptions,
): AsyncIterable<RecordPage<Cursor>> {
  if (options.signal.aborted) return;
  const org = openOrg(api);
  const sources: Source[] = [];
  for (const source of asked) sources.push(await fitted(source, org));
  let at: Cursor = from ?? openBackfill(sources, options.now);
  if (at.phase === 'done') at = openWindow(api, sources, at.instant, options.now);
  while (!options.signal.aborted) {
    const step: Step | undefined =
      at.phase === 'backfill'
        ? await readBackfill(api, sources, at, { ...options, org })
        : await readWindow(api, sources, at, options);
    if (step === undefined) return;
    const { dress } = step.source;
    yield* pagesOf(dress === undefined ? step : { ...step, records: await dress(api, org, step.records) });
    at = step.next;
    if (at.phase !== 'done') continue;
    // A run that finished what an older one began goes on to its own end.
    if (Date.parse(at.instant) >= options.now.getTime()) return;
    at = openWindow(api, sources, at.instant, options.now);
  }
}

function* pagesOf({ source, records, next }: Step): Iterable<RecordPage<Cursor>> {
  const parts = new Map<string, JsonObject[]>();
  for (const record of records) {
    for (const mapping of source.mappingsOf(record)) {
      const part = parts.get(mapping);
      if (part === undefined) parts.set(mapping, [record]);
      else part.push(record);
    }
  }
  const others = [...parts];
  const last = others.pop();
  for (const [mapping, part] of others) yield { mapping, records: part, checkpoint: partOfPage };
  yield { mapping: last?.[0] ?? source.mappingsOf({})[0] ?? '', records: last?.[1] ?? [], checkpoint: next };
}
