import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Schema } from '../contract.ts';
import type { RawRequest } from '../contract-deliveries.ts';
import type { Config, presetNames } from './config.ts';
import { tallySubmission } from './tally.ts';
import { typeformResponse } from './typeform.ts';

/** What a tool's delivery holds: a response to be mapped, something else that is no response, or what nobody can read. */
export type Told =
  | { readonly is: 'response'; readonly record: JsonObject }
  | { readonly is: 'other' }
  | { readonly is: 'unknown'; readonly reason: string };

export interface Preset {
  /** Where the mapping finds id and time where the workspace does not say. Empty: it has to. */
  readonly id: readonly string[];
  readonly at: readonly string[];
  readonly read: (body: JsonObject, request: RawRequest, config: Config) => Told;
}

export const presets: Readonly<Record<(typeof presetNames)[number], Preset>> = {
  typeform: {
    id: ['token'],
    at: ['submitted_at', 'landed_at'],
    // A partial response is none yet; the person may still take it back.
    read: (body) =>
      body.event_type === 'form_response'
        ? responseOf(typeformResponse, body.form_response, 'form_response')
        : otherOr(body.event_type, 'event_type'),
  },
  tally: {
    id: ['response_id'],
    at: ['created_at'],
    read: (body) =>
      body.eventType === 'FORM_RESPONSE'
        ? responseOf(
            tallySubmission,
            isJsonObject(body.data) ? { createdAt: body.createdAt ?? null, ...body.data } : body.data,
            'data',
          )
        : otherOr(body.eventType, 'eventType'),
  },
  'standard-webhooks': {
    id: ['delivery.id'],
    at: ['timestamp', 'delivery.at'],
    read: (body, { headers }) => ({
      is: 'response',
      record: { ...body, delivery: deliveryOf(headers['webhook-id'], headers['webhook-timestamp']) },
    }),
  },
  hmac: {
    id: ['delivery.id'],
    at: ['delivery.at'],
    read: (body, { headers }, { signature }) => {
      // Only what is signed is told: anybody can change the rest on its way, or send it again under another id.
      const signs = (word: string) => signature?.content.includes(word) === true;
      const id = signs('{id}') ? headers[signature?.id_header ?? ''] : undefined;
      const at = signs('{timestamp}') ? headers[signature?.timestamp_header ?? ''] : undefined;
      return { is: 'response', record: { ...body, delivery: deliveryOf(id, at) } };
    },
  },
};

/** A tool may tell of more than responses. What names no kind at all is not from it as we know it. */
function otherOr(kind: Json | undefined, at: string): Told {
  return typeof kind === 'string' && kind !== ''
    ? { is: 'other' }
    : { is: 'unknown', reason: `found no text at ${at}` };
}

function responseOf(schema: Schema<JsonObject>, value: unknown, at: string): Told {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { is: 'response', record: parsed.data };
  const [issue] = parsed.error.issues;
  return {
    is: 'unknown',
    reason: `${[at, ...(issue?.path ?? []).map(String)].join('.')}: ${issue?.message ?? 'unreadable'}`,
  };
}

function deliveryOf(id: string | undefined, seconds: string | undefined): JsonObject {
  const at = /^\d{1,12}$/.test(seconds ?? '') ? new Date(Number(seconds) * 1_000) : undefined;
  return { ...(id === undefined ? {} : { id }), ...(at === undefined ? {} : { at: at.toISOString() }) };
}
