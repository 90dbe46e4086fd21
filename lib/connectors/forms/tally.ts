import * as z from 'zod';
import type { Json, JsonObject } from '../../domain/json.ts';
import { byName } from './body.ts';

const field = z.looseObject({
  key: z.string(),
  value: z.unknown(),
  options: z.array(z.looseObject({ id: z.string(), text: z.string() })).nullish(),
});

/** A submission as Tally delivers it (bodies of third parties that agree, read on 2026-08-22; Tally publishes no schema). */
export const tallySubmission = z
  .looseObject({
    responseId: z.string().min(1),
    submissionId: z.string().nullish(),
    respondentId: z.string().nullish(),
    formId: z.string().nullish(),
    createdAt: z.string().nullish(),
    fields: z.array(field),
  })
  .transform(
    ({ responseId, submissionId, respondentId, formId, createdAt, fields }) =>
      ({
        form_id: formId ?? null,
        response_id: responseId,
        submission_id: submissionId ?? null,
        respondent_id: respondentId ?? null,
        created_at: createdAt ?? null,
        answers: byName(fields.map((one) => [one.key, valueIn(one)])),
        choice: byName(fields.flatMap(onlyChoice)),
      }) satisfies JsonObject,
  );

/** Options are told by their ids; what the person read is their text. */
function valueIn({ value, options }: z.infer<typeof field>): Json {
  if (!Array.isArray(value) || options == null) return (value ?? null) as Json;
  const texts = new Map(options.map(({ id, text }) => [id, text]));
  return value.flatMap((id: unknown) => (typeof id === 'object' ? [] : [texts.get(String(id)) ?? String(id)]));
}

/** The chosen text of a question of which exactly one option was chosen: Tally tells it as a list like the others. */
function onlyChoice(one: z.infer<typeof field>): readonly (readonly [string, Json])[] {
  const value = valueIn(one);
  return Array.isArray(value) && value.length === 1 && one.options != null ? [[one.key, value[0] as Json]] : [];
}
