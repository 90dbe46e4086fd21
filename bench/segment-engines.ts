import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { LogicEngine } from 'json-logic-engine';
import { Engine, type NestedCondition } from 'json-rules-engine';
import { Query } from 'mingo';
import type { Json, JsonObject } from '../lib/domain/json.ts';
import { compile } from '../lib/domain/segment/compile.ts';
import { evaluate, evaluateMembers } from '../lib/domain/segment/evaluate.ts';
import type { PersonView } from '../lib/domain/segment/view.ts';
import type { SegmentDefinition } from '../lib/domain/segment.ts';
import { asking, generate, handWrite, type Reading, type RulePerson, readRule } from './segment-rules.ts';
import { viewOf } from './segment-view.ts';

/** One engine with the rules compiled. `answer` writes 1 or 0 for each rule. */
export interface Running<Row> {
  prepare(person: RulePerson): Row;
  answer(row: Row, into: Uint8Array): void | Promise<void>;
}

/**
 * An engine in the comparison. `data` is `native` where it reads what was done, and when, itself; `precomputed` where the
 * language has no windows (or no case folding): it is then handed counts for every window at this very instant and texts
 * in lower case, made ready outside the time that is measured.
 */
export interface SegmentEngine {
  readonly name: string;
  readonly data: 'native' | 'precomputed';
  /** How many of the people it is asked about; slow ones are asked about fewer. */
  readonly share: number;
  open(definitions: readonly SegmentDefinition[], now: number): Running<unknown>;
}

interface JsonLogicJs {
  apply(rule: unknown, data: unknown): unknown;
}

const require = createRequire(import.meta.url);
const jsonLogicJs = require('json-logic-js') as JsonLogicJs;
const sift = (require('sift') as { default: Sift }).default;

type Sift = (query: unknown) => (row: JsonObject) => boolean;

/** Who takes part, in the order of the page. */
export const engines: readonly SegmentEngine[] = [
  engine('tributary', 'native', 1, (definitions, now) => {
    const program = compile(definitions, { timezone: 'UTC' });
    return {
      prepare: (person) => viewOf(program, person),
      answer: (view: PersonView, into) => void evaluateMembers(program, view, now, into),
    };
  }),
  engine('tributary-with-flips', 'native', 1, (definitions, now) => {
    const program = compile(definitions, { timezone: 'UTC' });
    return {
      prepare: (person) => viewOf(program, person),
      answer(view: PersonView, into) {
        let at = 0;
        for (const [, { member }] of evaluate(program, view, now)) {
          into[at] = member ? 1 : 0;
          at += 1;
        }
      },
    };
  }),
  engine('generated-js', 'native', 1, (definitions, now) => {
    const rules = definitions.map(generate);
    return {
      prepare: (person) => person,
      answer({ traits, did }: RulePerson, into) {
        for (const [at, rule] of rules.entries()) into[at] = rule(traits, did, now, asking) ? 1 : 0;
      },
    };
  }),
  engine('hand-written', 'native', 1, (definitions, now) => {
    const rules = definitions.map(handWrite);
    return {
      prepare: (person) => person,
      answer(person: RulePerson, into) {
        for (const [at, rule] of rules.entries()) into[at] = rule(person, now) ? 1 : 0;
      },
    };
  }),
  engine('json-logic-engine', 'precomputed', 1, (definitions, now) => {
    const logic = new LogicEngine();
    return onRows(definitions, now, (reading) => logic.build(jsonLogic(reading)) as (row: JsonObject) => unknown);
  }),
  engine('ajv', 'precomputed', 1, (definitions, now) => {
    const ajv = new Ajv({ strict: false });
    return onRows(definitions, now, (reading) => ajv.compile(jsonSchema(reading)));
  }),
  engine('sift', 'precomputed', 0.1, (definitions, now) => onRows(definitions, now, (reading) => sift(mongo(reading)))),
  engine('mingo', 'precomputed', 0.1, (definitions, now) =>
    onRows(definitions, now, (reading) => {
      const query = new Query(mongo(reading) as never);
      return (row) => query.test(row as never);
    }),
  ),
  engine('json-logic-js', 'precomputed', 0.1, (definitions, now) =>
    onRows(definitions, now, (reading) => {
      const rule = jsonLogic(reading);
      return (row) => jsonLogicJs.apply(rule, row);
    }),
  ),
  engine('json-rules-engine', 'precomputed', 0.01, (definitions, now) => {
    const rules = new Engine([], { allowUndefinedFacts: true });
    const readings = definitions.map(({ when }) => readRule(when as JsonObject));
    for (const [at, reading] of readings.entries()) {
      const conditions = ruleCondition(reading) as { all: NestedCondition[] };
      rules.addRule({ conditions, event: { type: String(at) } });
    }
    return {
      prepare: (person) => rowOf(person, readings, now, true),
      async answer(row: JsonObject, into) {
        into.fill(0);
        const { events } = await rules.run(row);
        for (const { type } of events) into[Number(type)] = 1;
      },
    };
  }),
];

function engine<Row>(
  name: string,
  data: SegmentEngine['data'],
  share: number,
  open: (definitions: readonly SegmentDefinition[], now: number) => Running<Row>,
): SegmentEngine {
  // Each engine is only ever given rows that it made itself.
  return { name, data, share, open: (definitions, now) => open(definitions, now) as Running<unknown> };
}

function onRows(
  definitions: readonly SegmentDefinition[],
  now: number,
  build: (reading: Reading) => (row: JsonObject) => unknown,
): Running<JsonObject> {
  const readings = definitions.map(({ when }) => readRule(when as JsonObject));
  const rules = readings.map(build);
  return {
    prepare: (person) => rowOf(person, readings, now, false),
    answer(row, into) {
      for (const [at, rule] of rules.entries()) into[at] = rule(row) === true ? 1 : 0;
    },
  };
}

/** A person with texts in lower case and a number for every window that a rule asks about. */
function rowOf({ traits, did }: RulePerson, readings: readonly Reading[], now: number, flat: boolean): JsonObject {
  const row: Record<string, Json> = {};
  for (const [name, value] of Object.entries(traits)) row[name] = asking.fold(value) as Json;
  const country = asking.fold((traits.address as JsonObject).country ?? null) as Json;
  row.address = { country };
  if (flat) row['address.country'] = country;
  const addCounts = (reading: Reading): void => {
    if (reading.kind === 'all' || reading.kind === 'any') for (const part of reading.of) addCounts(part);
    else if (reading.kind === 'count') {
      row[factOf(reading)] = asking.count(did[reading.activity] ?? [], now - reading.window);
    }
  };
  for (const reading of readings) addCounts(reading);
  return row;
}

type Counted = Extract<Reading, { kind: 'count' }>;

function factOf({ activity, window }: Counted): string {
  return `${activity.toLowerCase().replaceAll(' ', '_')}_${window}`;
}

function jsonLogic(reading: Reading): unknown {
  switch (reading.kind) {
    case 'all':
      return { and: reading.of.map(jsonLogic) };
    case 'any':
      return { or: reading.of.map(jsonLogic) };
    case 'in':
      return reading.values.length === 1
        ? { '===': [{ var: reading.path }, reading.values[0]] }
        : { in: [{ var: reading.path }, reading.values] };
    case 'count':
      return { [reading.atLeast ? '>=' : '<=']: [{ var: factOf(reading) }, reading.bound] };
    default:
      return { [reading.atLeast ? '>=' : '<']: [{ var: reading.path }, reading.bound] };
  }
}

function mongo(reading: Reading): unknown {
  switch (reading.kind) {
    case 'all':
      return { $and: reading.of.map(mongo) };
    case 'any':
      return { $or: reading.of.map(mongo) };
    case 'in':
      return { [reading.path]: reading.values.length === 1 ? reading.values[0] : { $in: reading.values } };
    case 'count':
      return { [factOf(reading)]: { [reading.atLeast ? '$gte' : '$lte']: reading.bound } };
    default:
      return { [reading.path]: { [reading.atLeast ? '$gte' : '$lt']: reading.bound } };
  }
}

function jsonSchema(reading: Reading): object {
  const at = (path: string, schema: object): object =>
    path.split('.').reduceRight<object>((inner, step) => ({ properties: { [step]: inner }, required: [step] }), schema);
  switch (reading.kind) {
    case 'all':
      return { allOf: reading.of.map(jsonSchema) };
    case 'any':
      return { anyOf: reading.of.map(jsonSchema) };
    case 'in':
      return at(reading.path, reading.values.length === 1 ? { const: reading.values[0] } : { enum: reading.values });
    case 'count':
      return at(factOf(reading), { [reading.atLeast ? 'minimum' : 'maximum']: reading.bound });
    default:
      return at(reading.path, { [reading.atLeast ? 'minimum' : 'exclusiveMaximum']: reading.bound });
  }
}

function ruleCondition(reading: Reading): object {
  switch (reading.kind) {
    case 'all':
    case 'any':
      return { [reading.kind]: reading.of.map(ruleCondition) };
    case 'in':
      return { fact: reading.path, operator: 'in', value: reading.values };
    case 'count': {
      const operator = reading.atLeast ? 'greaterThanInclusive' : 'lessThanInclusive';
      return { fact: factOf(reading), operator, value: reading.bound };
    }
    default: {
      const operator = reading.atLeast ? 'greaterThanInclusive' : 'lessThan';
      return { fact: reading.path, operator, value: reading.bound };
    }
  }
}
