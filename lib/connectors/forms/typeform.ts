import * as z from 'zod';
import type { Json, JsonObject } from '../../domain/json.ts';
import { byName } from './body.ts';

/** Kinds of answers that are taken, by what holds the value. What somebody paid with is nobody's trait. */
const plainKinds = ['text', 'email', 'url', 'file_url', 'number', 'boolean', 'date', 'phone_number'] as const;

const answer = z.looseObject({
  type: z.string(),
  field: z.looseObject({ id: z.string(), ref: z.string().nullish() }),
  choice: z.looseObject({ label: z.string().nullish(), other: z.string().nullish() }).nullish(),
  choices: z.looseObject({ labels: z.array(z.string()).nullish(), other: z.string().nullish() }).nullish(),
});

/** A response, as a delivery and the Responses API hold it. What may be absent is (webhook reference, read on 2026-08-22). */
export const typeformResponse = z
  .looseObject({
    token: z.string().min(1),
    landed_at: z.string().nullish(),
    submitted_at: z.string().nullish(),
    hidden: z.record(z.string(), z.unknown()).nullish(),
    calculated: z.record(z.string(), z.unknown()).nullish(),
    variables: z.array(z.looseObject({ key: z.string() })).nullish(),
    answers: z.array(answer).nullish(),
  })
  .transform(
    ({ form_id, token, landed_at, submitted_at, hidden, calculated, variables, answers }) =>
      ({
        form_id: typeof form_id === 'string' ? form_id : null,
        token,
        landed_at: landed_at ?? null,
        submitted_at: submitted_at ?? null,
        hidden: byName(Object.entries(hidden ?? {}) as [string, Json][]),
        calculated: byName(Object.entries(calculated ?? {}) as [string, Json][]),
        variables: byName((variables ?? []).map((one) => [one.key, (one[String(one.type)] ?? null) as Json])),
        answers: byName((answers ?? []).flatMap(namedAnswer)),
      }) satisfies JsonObject,
  );

/** By `ref`, which stays when a form is edited; by the question's id where it has none. */
function namedAnswer(one: z.infer<typeof answer>): readonly (readonly [string, Json])[] {
  const value = valueIn(one);
  return value === undefined ? [] : [[one.field.ref ?? one.field.id, value]];
}

function valueIn(one: z.infer<typeof answer>): Json | undefined {
  if (one.type === 'choice') return one.choice?.label ?? one.choice?.other ?? undefined;
  if (one.type === 'choices') {
    const { labels, other } = one.choices ?? {};
    return [...(labels ?? []), ...(other == null ? [] : [other])];
  }
  return plainKinds.some((kind) => kind === one.type) ? (one[one.type] as Json | undefined) : undefined;
}
