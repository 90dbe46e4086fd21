import * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import { unsafeNames } from '../delivered-json.ts';

const localized = z.looseObject({ localized: z.record(z.string(), z.string()) });

const question = z.looseObject({
  questionId: z.int(),
  name: z.string().nullish(),
  predefinedField: z.string().nullish(),
  questionDetails: z
    .looseObject({
      multipleChoiceQuestionDetails: z
        .looseObject({ options: z.array(z.looseObject({ id: z.int(), text: localized.nullish() })) })
        .nullish(),
    })
    .nullish(),
});

type Question = z.infer<typeof question>;

export const answer = z.looseObject({
  questionId: z.int(),
  answerDetails: z.looseObject({
    textQuestionAnswer: z.looseObject({ answer: z.string() }).nullish(),
    multipleChoiceAnswer: z.looseObject({ options: z.array(z.int()) }).nullish(),
  }),
});

/** A form as it comes along with a lead, in the version that was answered. */
export const form = z.looseObject({
  name: z.string().nullish(),
  creationLocale: z.looseObject({ language: z.string(), country: z.string() }).nullish(),
  hiddenFields: z.array(z.looseObject({ name: z.string(), value: z.string().nullish() })).nullish(),
  content: z.looseObject({ questions: z.array(question) }),
});

type Answers = Readonly<Record<string, Json>>;

/**
 * `known`: answers by the question's predefined field, which is the same in every language: only LinkedIn gives those, so
 * nothing that the form's owner calls EMAIL identifies anybody. `answers`: also by the question's own name, and hidden
 * fields of the form by theirs.
 */
export function answersOf(
  answers: readonly z.infer<typeof answer>[],
  { content, hiddenFields, creationLocale }: z.infer<typeof form>,
): { readonly known: Answers; readonly answers: Answers } {
  const questions = new Map(content.questions.map((one) => [one.questionId, one]));
  const locale = creationLocale ? `${creationLocale.language}_${creationLocale.country}` : undefined;
  const answered = answers.flatMap(({ questionId, answerDetails }) => {
    const asked = questions.get(questionId);
    if (asked === undefined) return [];
    const { textQuestionAnswer, multipleChoiceAnswer } = answerDetails;
    if (textQuestionAnswer) return [{ asked, said: textQuestionAnswer.answer as Json }];
    const chosen = (multipleChoiceAnswer?.options ?? []).map((option) => optionText(asked, option, locale));
    return [{ asked, said: chosen.length > 1 ? chosen : (chosen[0] ?? null) }];
  });
  const known = byName(answered.map(({ asked, said }) => [asked.predefinedField ?? '', said] as const));
  const named = byName([
    ...(hiddenFields ?? []).map(({ name, value }) => [name, value ?? null] as const),
    ...answered.map(({ asked, said }) => [asked.name ?? '', said] as const),
  ]);
  return { known, answers: { ...named, ...known } };
}

function byName(pairs: readonly (readonly [name: string, value: Json])[]): Answers {
  return Object.fromEntries(pairs.filter(([name]) => name !== '' && !unsafeNames.has(name)));
}

/** What an option says in the form's own language; its number where the form does not have it. */
function optionText({ questionDetails }: Question, option: number, locale: string | undefined): string {
  const options = questionDetails?.multipleChoiceQuestionDetails?.options ?? [];
  const texts = options.find(({ id }) => id === option)?.text?.localized ?? {};
  return texts[locale ?? ''] ?? Object.values(texts)[0] ?? String(option);
}
