import type { Json, JsonObject } from '../json.ts';
import { leafExamples } from './examples.ts';
import { aggregateNames } from './leaves/reduction.ts';
import { ago, duration, instantRange, percent, text, wholeNumber } from './operand.ts';
import { instantOperatorNames, numberOperatorNames, type OperatorName, operatorNames, operators } from './operator.ts';

const calendarSchema = {
  anyOf: [{ type: 'string', minLength: 1 }, { const: true }],
  description: 'A time zone, or true for the workspace’s own: windows are whole days of it.',
};
const caseSchema = { const: 'exact', description: 'Texts differ by case too.' };

/** JSON Schema (draft 2020-12) of a segment's `when`. Every operator of the language is in it, and an example per leaf. */
export const conditionSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Condition',
  description: 'Who is a member: all, any and not over leaves.',
  $ref: '#/$defs/condition',
  $defs: {
    condition: {
      oneOf: ['all', 'any', 'not', 'trait', 'did', 'has_been', 'segment', 'consent', 'subscribed', 'bucket'].map(
        (name) => ({
          $ref: `#/$defs/${name}`,
        }),
      ),
    },
    conditions: { type: 'array', minItems: 1, items: { $ref: '#/$defs/condition' } },
    all: branch('all', { $ref: '#/$defs/conditions' }, 'Every part holds.'),
    any: branch('any', { $ref: '#/$defs/conditions' }, 'At least one part holds.'),
    not: branch('not', { $ref: '#/$defs/condition' }, 'The part does not hold.'),
    trait: {
      description: 'A value of the person’s profile.',
      ...valueTest(operatorNames, { trait: named('Path of the trait; dots walk into maps.') }, ['trait']),
      examples: leafExamples.trait,
    },
    has_been: hasBeenSchema(),
    did: didSchema(),
    segment: branch(
      'segment',
      named('Id of the other segment.'),
      'The person is in another segment.',
      leafExamples.segment,
    ),
    consent: branch('consent', named('The purpose.'), 'The person permits a purpose.', leafExamples.consent),
    subscribed: branch(
      'subscribed',
      named('The channel.'),
      'The person wants to be reached on a channel.',
      leafExamples.subscribed,
    ),
    bucket: {
      type: 'object',
      description: 'A stable share of people, the same for the same salt.',
      required: ['bucket'],
      additionalProperties: false,
      properties: {
        bucket: {
          type: 'object',
          required: ['salt', 'from', 'to'],
          additionalProperties: false,
          properties: { salt: text.schema, from: percent.schema, to: percent.schema },
        },
      },
      examples: leafExamples.bucket,
    },
    where: {
      type: 'object',
      description: 'Property path to one operator.',
      additionalProperties: { $ref: '#/$defs/test' },
    },
    test: valueTest(operatorNames, {}, []),
    follower: {
      type: 'object',
      required: ['did', 'within'],
      additionalProperties: false,
      properties: { did: named('Name of the activity.'), where: { $ref: '#/$defs/where' }, within: duration.schema },
    },
  },
} as unknown as JsonObject;

/** What stands in the schema of a leaf that is nothing but one key. */
function branch(name: string, value: object, description: string, examples?: readonly Json[]): object {
  return {
    type: 'object',
    description,
    required: [name],
    additionalProperties: false,
    properties: { [name]: value },
    ...(examples === undefined ? {} : { examples }),
  };
}

function named(description: string): object {
  return { ...text.schema, description };
}

/** Exactly one of the operators, with `case` and `calendar` only beside those that take them. */
function valueTest(
  names: readonly OperatorName[],
  properties: Readonly<Record<string, object>>,
  required: readonly string[],
): object {
  const besides = (what: 'case' | 'calendar') => names.filter((name) => operators[name].beside === what);
  const dependent = (list: readonly OperatorName[]) => ({ anyOf: list.map((name) => ({ required: [name] })) });
  const [cased, dated] = [besides('case'), besides('calendar')];
  return {
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
    properties: {
      ...properties,
      ...Object.fromEntries(
        names.map((name) => [name, { ...operators[name].schema, description: `Holds when ${operators[name].holds}.` }]),
      ),
      ...(cased.length === 0 ? {} : { case: caseSchema }),
      ...(dated.length === 0 ? {} : { calendar: calendarSchema }),
    },
    oneOf: names.map((name) => ({ required: [name] })),
    dependentSchemas: {
      ...(cased.length === 0 ? {} : { case: dependent(cased) }),
      ...(dated.length === 0 ? {} : { calendar: dependent(dated) }),
    },
  };
}

function hasBeenSchema(): object {
  const length = { ...duration.schema, description: 'How long at least.' };
  const held = valueTest(operatorNames, { trait: named('Path of the trait.'), for: length }, ['trait']) as {
    properties: Record<string, unknown>;
    dependentSchemas: Record<string, unknown>;
  };
  const { calendar: _measured, ...dependentSchemas } = held.dependentSchemas;
  const inside = {
    properties: { has_been: { required: ['for'] } },
    not: { anyOf: [{ required: ['for'] }, { required: ['calendar'] }] },
  };
  const beside = { required: ['for'], properties: { has_been: { not: { required: ['for'] } } } };
  return {
    type: 'object',
    description: 'A trait has held a value for some time.',
    required: ['has_been'],
    additionalProperties: false,
    properties: { has_been: { ...held, dependentSchemas }, for: length, calendar: calendarSchema },
    oneOf: [inside, beside],
    examples: leafExamples.has_been,
  };
}

function didSchema(): object {
  const reductions = {
    count: {
      type: 'object',
      description: 'How often; without it, at least once.',
      minProperties: 1,
      additionalProperties: false,
      properties: { at_least: wholeNumber.schema, at_most: wholeNumber.schema, exactly: wholeNumber.schema },
      dependentSchemas: { exactly: { maxProperties: 1 } },
    },
    ...Object.fromEntries(aggregateNames.map((name) => [name, aggregateSchema(name)])),
    first: { ...edgeTest(), description: 'The first of them.' },
    last: { ...edgeTest(), description: 'The last of them.' },
    regularly: {
      type: 'object',
      description: 'In at least so many of the last periods: 3 of the last 4 weeks.',
      required: ['in', 'of'],
      additionalProperties: false,
      properties: { in: { ...wholeNumber.schema, minimum: 1 }, of: duration.schema },
    },
  };
  const names = Object.keys(reductions);
  return {
    type: 'object',
    description: 'Something the person did, or did not do.',
    required: ['did'],
    additionalProperties: false,
    properties: {
      did: named('Name of the activity.'),
      where: { $ref: '#/$defs/where' },
      within: { ...duration.schema, description: 'In (now − W, now].' },
      between: { ...instantRange.schema, description: 'Between two instants; both ends count.' },
      from: { ...ago.schema, description: 'With to: in (now − from, now − to].' },
      to: ago.schema,
      calendar: calendarSchema,
      ...reductions,
      followed_by: { $ref: '#/$defs/follower', description: 'Something else came within the time after it.' },
      not_followed_by: { $ref: '#/$defs/follower', description: 'The time after it has passed and nothing came.' },
    },
    allOf: [atMostOne(names), atMostOne(['within', 'between', 'from', 'regularly'])],
    dependentSchemas: {
      from: { required: ['to'] },
      to: { required: ['from'] },
      calendar: { anyOf: ['within', 'from', 'regularly'].map((name) => ({ required: [name] })) },
    },
    examples: leafExamples.did,
  };
}

function aggregateSchema(name: (typeof aggregateNames)[number]): object {
  const schema = valueTest(numberOperatorNames, { property: named('Path of the property.') }, ['property']) as {
    properties: Record<string, object>;
  };
  const numbers = {
    is: { type: 'number' },
    is_not: { type: 'number' },
    between: { type: 'array', minItems: 2, maxItems: 2, items: { type: 'number' } },
  };
  const { case: _case, ...properties } = { ...schema.properties, ...numbers } as Record<string, object>;
  const told = {
    sum: 'Their sum; of none, 0.',
    avg: 'Their average.',
    min: 'The smallest.',
    max: 'The largest.',
    distinct: 'How many different values.',
  };
  return {
    ...schema,
    description: told[name],
    properties: name === 'distinct' ? { ...properties, case: caseSchema } : properties,
    dependentSchemas: {},
  };
}

function edgeTest(): object {
  const schema = valueTest(instantOperatorNames, {}, []) as { properties: Record<string, object> };
  return { ...schema, properties: { ...schema.properties, between: instantRange.schema } };
}

function atMostOne(names: readonly string[]): object {
  const pairs = names.flatMap((a, index) => names.slice(index + 1).map((b) => ({ required: [a, b] })));
  return { not: { anyOf: pairs } };
}
