import type * as z from 'zod';
import { plainPath } from '../../domain/plain-path.ts';
import type { ConnectionInput, ConnectorIo } from '../contract.ts';
import { jsonIn, openRequests, queryText } from '../requests.ts';
import * as answers from './answers.ts';
import type { Config, Secret } from './config.ts';
import { networkError, noSurvey, surveymonkeyError, unlessNotFound, unreadableAnswer } from './errors.ts';
import { PAGE } from './manifest.ts';

const HOME = 'https://api.surveymonkey.com';

/** The calls we make, each one request. Every failure is a TributaryError (errors.ts). */
export type SurveymonkeyApi = ReturnType<typeof openSurveymonkey>;

export interface ResponsesQuery {
  /** Changed after this instant; undefined = ever. */
  readonly since: number | undefined;
  readonly page: number;
  readonly size?: number | undefined;
}

/** The documented HTTP API: SurveyMonkey keeps no client of its own. */
export function openSurveymonkey({ name, config, secret, endpoint }: ConnectionInput<Config, Secret>, io: ConnectorIo) {
  const base = `${plainPath(endpoint ?? HOME)}/v3/surveys/${config.survey}`;
  const requests = openRequests(io, networkError);
  let known: answers.Survey | undefined;

  async function get<T>(what: string, shape: z.ZodType<T>, path: string, query: Record<string, string | undefined>) {
    const answer = await requests.send(`${base}${path}${queryText(query)}`, {
      headers: { accept: 'application/json', authorization: `bearer ${secret.access_token}` },
    });
    hearDay(answer.headers);
    if (!answer.ok) throw surveymonkeyError(answer);
    const parsed = shape.safeParse(jsonIn(answer.text()));
    if (!parsed.success) throw unreadableAnswer(what);
    return parsed.data;
  }

  /** Each answer says how much of the day is left to everybody who uses the app. */
  function hearDay(headers: Headers): void {
    const [limit, left] = ['Limit', 'Remaining'].map((what) => {
      const text = headers.get(`X-Ratelimit-App-Global-Day-${what}`);
      return text === null ? Number.NaN : Number(text);
    });
    if (limit === undefined || left === undefined || !Number.isFinite(limit - left)) return;
    io.calls.heard({ used: { used: limit - left, limit } });
  }

  return {
    /** The connection's name in the workspace. */
    connection: name,
    config,
    /** Questions and choices by id, asked for once; `anew` = somebody answered what was not in it. */
    async survey({ anew = false }: { readonly anew?: boolean } = {}): Promise<answers.Survey> {
      if (known !== undefined && !anew) return known;
      const found = await unlessNotFound(get('a survey', answers.survey, '/details', {}));
      if (found === undefined) throw noSurvey();
      known = found;
      return found;
    },
    /** Completed responses with their answers, what changed first first. */
    async listResponses({ since, page, size = PAGE }: ResponsesQuery) {
      const query = {
        status: 'completed',
        sort_by: 'date_modified',
        sort_order: 'ASC',
        page: String(page),
        per_page: String(Math.min(size, PAGE)),
        // All dates of the API are UTC.
        start_modified_at: since === undefined ? undefined : new Date(since).toISOString().slice(0, 19),
      };
      const found = await unlessNotFound(get('responses', answers.responses, '/responses/bulk', query));
      if (found === undefined) throw noSurvey();
      return found;
    },
    /** One response with its answers; undefined when it is not there (any more). */
    response: (id: string) =>
      unlessNotFound(get('a response', answers.response, `/responses/${answers.surveyId.parse(id)}/details`, {})),
  };
}
