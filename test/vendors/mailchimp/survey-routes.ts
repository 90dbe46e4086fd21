import { problems } from './problem.ts';
import { pageOf } from './query.ts';
import type { Call, Route } from './route.ts';
import { type SimSurvey, showRespondent, showResponse, showSurvey } from './survey.ts';

/** Reports of surveys, and the responses to them. */
export const surveyRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/reporting\/surveys$/,
    run: ({ surveys, query }) => {
      const { offset, count } = pageOf(query);
      // The document promises no order: the newest first is the harder case.
      const found = [...surveys.values()].reverse();
      return { surveys: found.slice(offset, offset + count).map(showSurvey), total_items: found.length, _links: [] };
    },
  },
  {
    method: 'GET',
    path: /^\/reporting\/surveys\/([^/]+)\/responses$/,
    // No pages: the document gives this one no count and no offset.
    run: (call) => {
      const survey = surveyOf(call);
      const list = call.lists.get(survey.listId);
      const responses = [...survey.responses.values()].reverse().map((one) => showRespondent(one, list));
      return { responses, total_items: responses.length, _links: [] };
    },
  },
  {
    method: 'GET',
    path: /^\/reporting\/surveys\/([^/]+)\/responses\/([^/]+)$/,
    run: (call) => {
      const survey = surveyOf(call);
      const response = survey.responses.get(call.part(2));
      if (response === undefined) throw problems.notFound();
      return showResponse(response, call.lists.get(survey.listId));
    },
  },
];

function surveyOf({ surveys, part }: Call): SimSurvey {
  const survey = surveys.get(part(1));
  if (survey === undefined) throw problems.notFound();
  return survey;
}
