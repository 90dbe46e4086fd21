/** A survey as SurveyMonkey tells it: ids of questions, rows and choices, with their texts. */
export const SURVEY = '105723396';

/** Ids of the questions of the simulated survey. */
export const asked = { score: '3001', topics: '3002', contact: '3003', again: '3004' } as const;
const [EMAIL_ROW, NAME_ROW] = ['4001', '4002'];

const choices = {
  score: Array.from({ length: 11 }, (_, n) => ({ id: String(5100 + n), text: String(n) })),
  topics: ['Boots', 'Tents', 'Maps'].map((text, n) => ({ id: String(5200 + n), text })),
  again: ['Yes', 'No'].map((text, n) => ({ id: String(5300 + n), text })),
};

/** `/surveys/{id}/details`, as far as it is documented. */
export const details = {
  id: SURVEY,
  title: 'After your order',
  language: 'en',
  question_count: 4,
  page_count: 2,
  date_created: '2026-10-06T12:56:55+00:00',
  date_modified: '2026-10-06T12:56:55+00:00',
  pages: [
    {
      id: '2001',
      title: '',
      position: 1,
      questions: [
        {
          id: asked.score,
          family: 'single_choice',
          subtype: 'vertical',
          headings: [{ heading: 'Would you recommend us?' }],
          answers: { choices: choices.score },
        },
        {
          id: asked.topics,
          family: 'multiple_choice',
          subtype: 'vertical',
          headings: [{ heading: 'What do you like?' }],
          answers: { choices: choices.topics, other: { id: '5299', text: 'Other', num_chars: 100 } },
        },
      ],
    },
    {
      id: '2002',
      title: '',
      position: 2,
      questions: [
        {
          id: asked.contact,
          family: 'demographic',
          subtype: 'international',
          headings: [{ heading: 'Who are you?' }],
          answers: {
            rows: [
              { id: EMAIL_ROW, text: 'Email Address', type: 'email' },
              { id: NAME_ROW, text: 'Name', type: 'name' },
            ],
          },
        },
        {
          id: asked.again,
          family: 'single_choice',
          subtype: 'vertical',
          headings: [{ heading: 'May we write to you?' }],
          answers: { choices: choices.again },
        },
      ],
    },
  ],
};

/** What somebody answered, in words. */
export interface Said {
  readonly score?: number;
  readonly topics?: readonly string[];
  /** What was written beside the topics. */
  readonly other?: string;
  readonly email?: string;
  readonly name?: string;
  readonly again?: boolean;
}

/** The same as pages of answers by ids. Questions that were passed over are absent. */
export function pagesOf({ score, topics, other, email, name, again }: Said): readonly object[] {
  const idOf = (list: readonly { id: string; text: string }[], text: string) =>
    list.find((one) => one.text === text)?.id;
  const topicParts = (topics ?? []).map((text) => ({ choice_id: idOf(choices.topics, text) }));
  const contact = [
    ...(email === undefined ? [] : [{ row_id: EMAIL_ROW, text: email }]),
    ...(name === undefined ? [] : [{ row_id: NAME_ROW, text: name }]),
  ];
  const questions = [
    { id: asked.score, answers: score === undefined ? [] : [{ choice_id: idOf(choices.score, String(score)) }] },
    { id: asked.topics, answers: [...topicParts, ...(other === undefined ? [] : [{ other_id: '5299', text: other }])] },
    { id: asked.contact, answers: contact },
    { id: asked.again, answers: again === undefined ? [] : [{ choice_id: idOf(choices.again, again ? 'Yes' : 'No') }] },
  ].filter(({ answers }) => answers.length > 0);
  return [
    { id: '2001', questions: questions.slice(0, 2) },
    { id: '2002', questions: questions.slice(2) },
  ];
}
