import * as z from 'zod';
import type { Connectors } from '../connectors/define.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { conditionSchema } from '../domain/segment/schema.ts';
import { audienceFile } from './schema/audience.ts';
import { personaFile } from './schema/persona.ts';
import { segmentFile } from './schema/segment.ts';
import { connectionFields, tributaryFile } from './schema/tributary.ts';

/**
 * The JSON Schemas (draft 2020-12) that editors check workspace files with, by file name in schemas/. They are made from
 * the schemas that `tributary check` uses, so the two cannot disagree.
 */
export function publishedSchemas(connectors: Connectors): Readonly<Record<string, JsonObject>> {
  return {
    'tributary.schema.json': withConnectors(jsonSchemaOf(tributaryFile, 'tributary.yaml'), connectors),
    'segment.schema.json': withConditions(jsonSchemaOf(segmentFile, 'A segment')),
    'persona.schema.json': jsonSchemaOf(personaFile, 'A persona'),
    'audience.schema.json': jsonSchemaOf(audienceFile, 'An audience'),
  };
}

function jsonSchemaOf(schema: z.ZodType, title: string): JsonObject {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  // Through JSON, so that nothing but plain data is left.
  return JSON.parse(JSON.stringify({ $schema, title, ...rest })) as JsonObject;
}

/** A connection is completed and checked by the settings and streams of the connector that it names. */
function withConnectors(schema: JsonObject, connectors: Connectors): JsonObject {
  const forms = Object.entries(connectors).map(([name, connector]) => {
    const settings = connector.config instanceof z.ZodType ? jsonSchemaOf(connector.config, name) : {};
    const streams = connector.streams.map((stream) => stream.name);
    const common = Object.fromEntries(Object.keys(connectionFields).map((key) => [key, true]));
    return {
      if: { properties: { connector: { const: name } }, required: ['connector'] },
      // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema, in a value that is never awaited
      then: {
        properties: {
          ...common,
          // A list of nothing is no `enum`: a connector without streams takes none.
          streams: streams.length === 0 ? { maxProperties: 0 } : { propertyNames: { enum: streams } },
          ...(isJsonObject(settings.properties) ? settings.properties : {}),
        },
        ...(Array.isArray(settings.required) ? { required: settings.required } : {}),
        additionalProperties: settings.additionalProperties ?? true,
      },
    };
  });
  return replaceAt(schema, ['properties', 'connections', 'additionalProperties'], (connection) => {
    const named = replaceAt(connection, ['properties', 'connector'], (connector) => ({
      ...(isJsonObject(connector) ? connector : {}),
      enum: Object.keys(connectors),
    }));
    return { ...named, allOf: forms as Json[] };
  });
}

/** `when` and an objective's goal are conditions, as the segment language publishes them. */
function withConditions(schema: JsonObject): JsonObject {
  const { $defs = {} } = conditionSchema;
  const reference = (field: Json | undefined): JsonObject => ({
    ...(isJsonObject(field) ? field : {}),
    $ref: '#/$defs/condition',
  });
  const withWhen = replaceAt(schema, ['properties', 'when'], reference);
  return { ...replaceAt(withWhen, ['properties', 'objective', 'properties', 'goal'], reference), $defs };
}

function replaceAt(
  schema: Json | undefined,
  path: readonly string[],
  change: (at: Json | undefined) => Json,
): JsonObject {
  const holder = isJsonObject(schema) ? schema : {};
  const [step, ...rest] = path;
  if (step === undefined) return holder;
  const value = rest.length === 0 ? change(holder[step]) : replaceAt(holder[step], rest, change);
  return { ...holder, [step]: value };
}
