import type { JsonObject } from '../../domain/json.ts';
import type { ReadOptions } from '../contract.ts';
import type { RecordPage } from '../define.ts';
import { openBackfill, readBackfill } from './backfill.ts';
import type { SalesforceApi } from './client.ts';
import type { Cursor, Done, Window } from './cursor.ts';
import { type Gone, isWithinReach, openDeleteLog, openDeletions, readDeletions } from './delete-log.ts';
import { openOrg } from './org.ts';
import { firstObject, fitted, type Source, type Step } from './source.ts';
import { openWindow, readWindow } from './window.ts';

/** The checkpoint of a page that is only a part: the same records go through more mappings. It never leaves the stream. */
export const partOfPage: Cursor = { v: 1, phase: 'done', instant: 'part of a page' };

/**
 * Pages of all sources in turn: a backfill by bulk jobs, then windows of what changed, up to `options.now`. Where records can
 * be `gone`, each window is followed by the delete log of the first source; a log that does not reach back any more means
 * that all is read anew. Ends without a word when the signal fires; the checkpoint of the last page is where to go on.
 */
export async function* readSources(
  api: SalesforceApi,
  asked: readonly Source[],
  from: Cursor | undefined,
  options: ReadOptions & { readonly gone?: Gone },
): AsyncIterable<RecordPage<Cursor>> {
  if (options.signal.aborted) return;
  const org = openOrg(api);
  const sources: Source[] = [];
  for (const source of asked) sources.push(await fitted(source, org));
  const { gone } = options;
  const log = openDeleteLog(api);
  let at: Cursor = from ?? openBackfill(sources, options.now);
  while (!options.signal.aborted) {
    const position = at.phase === 'done' ? windowAfter(at) : at;
    const step = position === 'too-short' ? position : await stepFrom(position);
    if (step === undefined) return;
    if (step === 'too-short') {
      const anewSince = lastCovered(at);
      at = openBackfill(sources, options.now);
      yield { mapping: sources[0]?.mappingsOf({})[0] ?? '', records: [], checkpoint: at, anewSince };
      continue;
    }
    const { dress } = step.source;
    yield* pagesOf(dress === undefined ? step : { ...step, records: await dress(api, org, step.records) });
    at = step.next;
    // A run that finished what an older one began goes on to its own end.
    if (at.phase === 'done' && Date.parse(at.instant) >= options.now.getTime()) return;
  }

  function windowAfter(done: Done): Window | 'too-short' {
    if (gone === undefined) return openWindow(api, sources, done, options.now);
    if (!isWithinReach(done, options.now)) return 'too-short';
    return openWindow(api, sources, { ...done, covered: done.covered ?? done.instant }, options.now);
  }

  async function stepFrom(position: Exclude<Cursor, Done>): Promise<Step | 'too-short' | undefined> {
    if (position.phase === 'backfill') return readBackfill(api, sources, position, { ...options, org });
    if (position.phase === 'deletions') return readDeletions(api, sources, position, { ...options, log, gone });
    const step = await readWindow(api, sources, position, options);
    if (gone === undefined || step.next.phase !== 'done') return step;
    return { ...step, next: openDeletions(firstObject(sources), step.next) };
  }
}

function lastCovered(at: Cursor): string {
  if (at.phase === 'done') return at.covered ?? at.instant;
  return at.phase === 'deletions' ? at.from : at.until;
}

function* pagesOf({ source, records, also, next, left }: Step): Iterable<RecordPage<Cursor>> {
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
  yield {
    mapping: last?.[0] ?? source.mappingsOf({})[0] ?? '',
    records: last?.[1] ?? [],
    checkpoint: next,
    ...(also === undefined ? {} : { also }),
    ...(left === undefined ? {} : { left }),
  };
}
