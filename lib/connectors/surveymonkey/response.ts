import * as z from 'zod';
import type { Json, JsonObject } from '../../domain/json.ts';
import { type Question, type Survey, surveyId } from './answers.ts';

/** A part of an answer: which choice of which row and column, or what was written. */
const part = z.looseObject({
  choice_id: surveyId.optional(),
  row_id: surveyId.optional(),
  col_id: surveyId.optional(),
  other_id: surveyId.optional(),
  text: z.string().optional(),
});

type Part = z.infer<typeof part>;

/** A response as the API tells it (survey responses, read on 2026-11-26): ids in the place of questions and choices. */
const told = z.looseObject({
  id: surveyId,
  survey_id: surveyId,
  response_status: z.string(),
  date_created: z.string(),
  date_modified: z.string(),
  collector_id: z.string().nullish(),
  recipient_id: z.string().nullish(),
  custom_value: z.string().nullish(),
  custom_variables: z.record(z.string(), z.unknown()).nullish(),
  pages: z.array(
    z.looseObject({ questions: z.array(z.looseObject({ id: surveyId, answers: z.array(part) })).default([]) }),
  ),
});

/** A response in words, as a mapping reads it. What is none is quarantined as it came. */
export const responseRecord = z.looseObject({
  response_id: surveyId,
  submitted_at: z.string(),
  answers: z.record(z.string(), z.unknown()),
});

/** Names that mean something to JavaScript itself. */
const UNSAFE: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Texts of a survey's choices and the kinds of its questions, by their ids. */
export interface Words {
  readonly questions: ReadonlyMap<string, Question>;
  readonly texts: ReadonlyMap<string, string>;
}

export function wordsOf({ pages }: Survey): Words {
  const questions = new Map(pages.flatMap((page) => page.questions).map((one) => [one.id, one]));
  const texts = new Map<string, string>();
  for (const { answers } of questions.values()) {
    for (const { id, text } of answers?.choices ?? []) texts.set(id, text);
    // Columns of a matrix of menus have choices of their own.
    for (const { choices } of answers?.cols ?? []) for (const { id, text } of choices) texts.set(id, text);
  }
  return { questions, texts };
}

/** Whether a response holds a question or a choice that the survey, as it was read, does not have. */
export function isStrangeTo({ questions, texts }: Words, response: unknown): boolean {
  const asked = (told.safeParse(response).data?.pages ?? []).flatMap((page) => page.questions);
  return asked.some(
    ({ id, answers }) =>
      !questions.has(id) || answers.some(({ choice_id: one }) => one !== undefined && !texts.has(one)),
  );
}

/** A response in words; what cannot be read stays as it came. */
export function inWords(words: Words, response: unknown): unknown {
  const parsed = told.safeParse(response);
  if (!parsed.success) return response;
  const { id, survey_id, response_status, date_created, date_modified, collector_id, recipient_id, pages, ...rest } =
    parsed.data;
  const asked = pages.flatMap((page) => page.questions);
  return {
    response_id: id,
    survey_id,
    status: response_status,
    started_at: date_created,
    submitted_at: date_modified,
    collector_id: collector_id ?? null,
    recipient_id: recipient_id ?? null,
    custom_value: rest.custom_value ?? null,
    custom: texts(rest.custom_variables ?? {}),
    answers: Object.fromEntries(asked.map((one) => [one.id, answerOf(words, one.id, one.answers)])),
  } satisfies JsonObject;
}

/**
 * The answer to one question: a text, a list of texts where several could be chosen, and where it has rows an object of these
 * by the id of the row.
 */
function answerOf(words: Words, question: string, parts: readonly Part[]): Json {
  const several = words.questions.get(question)?.family === 'multiple_choice';
  const rows = new Map<string, Part[]>();
  for (const one of parts) {
    const row = one.row_id ?? '';
    rows.set(row, [...(rows.get(row) ?? []), one]);
  }
  const plain = rows.get('') ?? [];
  rows.delete('');
  const whole = valueIn(words, plain, several);
  if (rows.size === 0) return whole;
  const byRow = [...rows].map(([row, own]) => [row, valueIn(words, own, several)] as const);
  return Object.fromEntries([...byRow, ...(plain.length === 0 ? [] : [['other', whole] as const])]);
}

function valueIn({ texts }: Words, parts: readonly Part[], several: boolean): Json {
  const values = parts.flatMap(({ choice_id: choice, text }) => {
    const value = choice === undefined ? text : texts.get(choice);
    return value === undefined ? [] : [value];
  });
  if (several || values.length > 1) return values;
  return values[0] ?? null;
}

function texts(values: Readonly<Record<string, unknown>>): JsonObject {
  const plain = Object.entries(values).filter(([name, value]) => !UNSAFE.has(name) && typeof value === 'string');
  return Object.fromEntries(plain) as JsonObject;
}
