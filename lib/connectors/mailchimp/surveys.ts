import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import { MAX_PAGE } from './manifest.ts';

const survey = z.object({
  id: z.string(),
  list_id: z.string(),
  title: z.string().optional(),
  total_responses: z.int().min(0),
});

/** A survey of the account, with how many people answered it. */
export type Survey = z.infer<typeof survey>;

/** Those of the list itself, and how many the answer held and there are, of all lists. */
export interface SurveyPage {
  readonly surveys: readonly Survey[];
  readonly held: number;
  readonly total: number;
}

/** What we call of the vendor's client, which client.ts alone knows. */
interface VendorReporting {
  getSurveyReportsAll(options: {
    readonly fields: readonly string[];
    readonly count: number;
    readonly offset: number;
  }): Promise<unknown>;
  getSurveyResponsesAll(survey: string, options: { readonly fields: readonly string[] }): Promise<unknown>;
  getSurveyResponse(survey: string, response: string): Promise<unknown>;
}

type Call = <T>(where: string, shape: z.ZodType<T>, send: () => Promise<unknown>) => Promise<T>;

const total = z.int().min(0);
const surveyPage = z.object({ surveys: z.array(survey), total_items: total });
const responses = z.object({ responses: z.array(z.unknown()), total_items: total });

/** The calls for surveys, each one request. */
export function surveyCalls(reporting: VendorReporting, list: string, call: Call) {
  return {
    async listSurveys(offset: number): Promise<SurveyPage> {
      const page = await call('surveys', surveyPage, () =>
        reporting.getSurveyReportsAll({
          fields: ['total_items', ...Object.keys(survey.shape).map((field) => `surveys.${field}`)],
          count: MAX_PAGE,
          offset,
        }),
      );
      // Surveys cannot be asked for by list.
      const own = page.surveys.filter(({ list_id }) => list_id === list);
      return { surveys: own, held: page.surveys.length, total: page.total_items };
    },
    /** Id and time of every response; of a survey that was deleted there are none. */
    async listSurveyResponses(id: string) {
      const fields = ['total_items', 'responses.response_id', 'responses.submitted_at'];
      const page = await unlessGone(
        call('responses to a survey', responses, () => reporting.getSurveyResponsesAll(id, { fields })),
      );
      return { items: page?.responses ?? [], total: page?.total_items ?? 0 };
    },
    /** A response with its answers; undefined when it was deleted. */
    getSurveyResponse: (id: string, response: string) =>
      unlessGone(call('a response to a survey', z.looseObject({}), () => reporting.getSurveyResponse(id, response))),
  };
}

async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof TributaryError && thrown.code === 'mailchimp/not-found') return undefined;
    throw thrown;
  }
}
