import { TributaryError } from '../domain/errors.ts';
import { dayOf, daysAfter, isDay } from '../domain/figure.ts';
import { readFigures } from '../pipeline/figures.ts';
import type { ApiDeps } from './deps.ts';
import { type Route, readLimit } from './route.ts';

const MOST = 2_000;
const USUAL = 500;
/** Days of an answer where nobody says from when. */
const DAYS = 30;

/** Numbers of tools that are nobody's. */
export function figureRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    {
      method: 'get',
      path: '/api/figures',
      needs: 'viewer',
      summary: 'Numbers that tools tell of days and of nobody, as each tool estimates them, the latest day first',
      query: ['connection', 'name', 'from', 'to', 'limit', 'after'],
      answer: 'FigurePage',
      run: async ({ query }) => {
        const to = dayIn('to', query.to) ?? dayOf(deps.clock.now().getTime());
        const from = dayIn('from', query.from) ?? daysAfter(to, 1 - DAYS);
        const most = readLimit(query.limit, { most: MOST, usual: USUAL });
        return readFigures(deps.state, {
          connection: query.connection,
          name: query.name,
          from,
          to,
          most,
          after: query.after,
        });
      },
    },
  ];
}

function dayIn(name: string, text: string | undefined): string | undefined {
  if (text === undefined || isDay(text)) return text;
  throw new TributaryError('rejected', 'api/bad-query', `${name}: expected a day such as 2026-11-20`);
}
