import * as z from 'zod';

/** What SurveyMonkey's answers must hold to be used. Responses themselves stay as they came: a bad one is quarantined later. */

export const surveyId = z.string().regex(/^\d{1,20}$/, 'expected an id of digits');

const named = z.array(z.looseObject({ id: surveyId, text: z.string() })).default([]);
const other = z.looseObject({ id: surveyId, text: z.string().optional() });

const question = z.looseObject({
  id: surveyId,
  /** `single_choice`, `multiple_choice`, `matrix`, `open_ended`, `demographic`, `datetime`, `presentation`. */
  family: z.string(),
  answers: z
    .looseObject({
      choices: named,
      cols: z.array(z.looseObject({ id: surveyId, text: z.string().optional(), choices: named })).default([]),
      other: z.union([other, z.array(other)]).optional(),
    })
    .optional(),
});

/** A survey with the texts of its questions and choices. */
export const survey = z.looseObject({
  id: surveyId,
  title: z.string(),
  pages: z.array(z.looseObject({ questions: z.array(question).default([]) })),
});

export type Survey = z.infer<typeof survey>;
export type Question = z.infer<typeof question>;

/** A page of responses, with whether another one follows. */
export const responses = z
  .looseObject({ data: z.array(z.unknown()), links: z.looseObject({ next: z.string().optional() }) })
  .transform(({ data, links }) => ({ items: data, more: links.next !== undefined }));

/** A single response by its id. */
export const response = z.looseObject({ id: surveyId });
