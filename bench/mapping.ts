import { compileDefinitions } from '../lib/domain/decide.ts';
import { emptyFragment, type FoldRules, type Fragment, foldFragment } from '../lib/domain/fragment.ts';
import type { JsonObject } from '../lib/domain/json.ts';
import { applyMapping, type Mapping } from '../lib/domain/mapping.ts';
import { parseChange } from '../lib/domain/parse-change.ts';
import { observe } from '../lib/domain/segment/entries.ts';
import { type BenchOptions, costOf, type Measurement, median, rounded } from './measurement.ts';
import {
  activityMapping,
  activityRecord,
  contactMapping,
  contactRecord,
  memberMapping,
  memberRecord,
  type Person,
  personOf,
} from './people.ts';
import { acmeDefinitions } from './resolve-worker.ts';

const START = Date.parse('2026-09-01T06:00:00Z');

/** Records of one kind and the way they become part of a fragment. */
interface Kind {
  readonly name: string;
  readonly connection: string;
  readonly mapping: Mapping;
  readonly recordOf: (person: Person, at: number) => JsonObject;
}

const kinds: readonly Kind[] = [
  { name: 'contacts', connection: 'salesforce', mapping: contactMapping, recordOf: contactRecord },
  { name: 'members', connection: 'newsletter', mapping: memberMapping, recordOf: memberRecord },
  { name: 'activities', connection: 'newsletter', mapping: activityMapping, recordOf: activityRecord },
];

/** From a vendor's record to a folded fragment, step by step, beside reading and writing the same records as JSON. */
export async function* bench({ quick }: BenchOptions): AsyncIterable<Measurement> {
  const definitions = await acmeDefinitions();
  const { program } = compileDefinitions(definitions);
  const rules: FoldRules = {
    blocked: new Set(definitions.identity.blocked),
    country: (connection) => definitions.identity.countries[connection],
    observe: (activity) => observe(program, activity),
  };
  const [count, rounds] = quick ? [200, 1] : [20_000, 7];
  for (const kind of kinds) {
    const records = Array.from({ length: count }, (_, n) => kind.recordOf(personOf(n), START + n));
    const texts = records.map((record) => JSON.stringify(record));
    const costs: { map: number; parse: number; fold: number; json: number }[] = [];
    for (let round = 0; round < rounds; round += 1) costs.push(await oneRound(kind, records, texts, rules));
    const of = { records: kind.name, bytes: Math.round(texts.reduce((sum, text) => sum + text.length, 0) / count) };
    const line = (metric: string, value: number, unit: string): Measurement => ({
      job: 'mapping',
      metric,
      value: rounded(value),
      unit,
      of,
    });
    const middle = (value: (cost: (typeof costs)[number]) => number): number => median(costs.map(value));
    const whole = middle(({ map, parse, fold }) => map + parse + fold);
    const mapped = middle(({ map, parse }) => map + parse);
    yield { ...line('map, check and fold', perSecond(whole), 'changes/s'), target: { least: 200_000 } };
    yield line('map and check', perSecond(mapped), 'changes/s');
    yield line(
      'map',
      middle(({ map }) => map),
      'µs',
    );
    yield line(
      'check',
      middle(({ parse }) => parse),
      'µs',
    );
    yield line(
      'fold',
      middle(({ fold }) => fold),
      'µs',
    );
    yield line('map, check and fold over JSON.parse and JSON.stringify', whole / middle(({ json }) => json), 'ratio');
  }
}

/** CPU of each step in µs per record. */
async function oneRound(kind: Kind, records: readonly JsonObject[], texts: readonly string[], rules: FoldRules) {
  const changes: unknown[] = [];
  const parsed: Parameters<typeof foldFragment>[1][] = [];
  let folded: Fragment = emptyFragment;
  let length = 0;
  const map = await costOf(() => {
    for (const record of records) {
      const mapped = applyMapping(kind.mapping, kind.connection, record);
      if (mapped.ok) changes.push(mapped.change);
    }
  });
  const parse = await costOf(() => {
    for (const change of changes) {
      const result = parseChange(change);
      if (result.ok && result.change.kind !== 'account') parsed.push(result.change);
    }
  });
  const fold = await costOf(() => {
    for (const change of parsed) folded = foldFragment(emptyFragment, change, rules);
  });
  const json = await costOf(() => {
    for (const text of texts) length += JSON.stringify(JSON.parse(text)).length;
  });
  if (parsed.length !== records.length || folded === emptyFragment || length === 0)
    throw new Error('a record was lost');
  return {
    map: map.cpu / records.length,
    parse: parse.cpu / records.length,
    fold: fold.cpu / records.length,
    json: json.cpu / records.length,
  };
}

function perSecond(microseconds: number): number {
  return 1_000_000 / microseconds;
}
