/** A route of the HTTP API, every reference resolved. */
export interface RouteDefinition {
  /** `GET /webhooks/{connection}`, `ANY /api/{proxy+}` or `$default`. */
  readonly key: string;
  /** Logical id of the function that answers. */
  readonly functionId: string;
  /** True when only a signed request (on the stage: one that bears the stage's token) may pass. */
  readonly authorised: boolean;
  /** True when only somebody may pass who signed in by Cognito, which the stage does not play. */
  readonly signedIn: boolean;
}

export interface RouteMatch {
  readonly route: RouteDefinition;
  readonly parameters: Readonly<Record<string, string>>;
}

interface Candidate extends RouteMatch {
  /** One letter a segment, then one for the method: literal < variable < greedy, so that the least is the best. */
  readonly rank: string;
}

/**
 * The route that answers a request, as "Routing API requests" of the API Gateway developer guide lays down: a full
 * match before a greedy one, the most specific of several, a named method before ANY, `$default` last.
 */
export function matchRoute(routes: readonly RouteDefinition[], method: string, path: string): RouteMatch | undefined {
  const candidates = routes.flatMap((route) => candidateOf(route, method, path) ?? []);
  candidates.sort((left, right) => (left.rank < right.rank ? -1 : 1));
  return candidates[0];
}

function candidateOf(route: RouteDefinition, method: string, path: string): Candidate | undefined {
  if (route.key === '$default') return { route, parameters: {}, rank: 'z' };
  const [wantedMethod, pattern = ''] = route.key.split(' ');
  if (wantedMethod !== 'ANY' && wantedMethod !== method) return undefined;
  const wanted = segmentsOf(pattern);
  const given = segmentsOf(path);
  const parameters: Record<string, string> = {};
  let rank = '';
  for (const [index, segment] of wanted.entries()) {
    const greedy = /^\{(.+)\+\}$/.exec(segment)?.[1];
    const variable = /^\{([^+]+)\}$/.exec(segment)?.[1];
    const value = given[index];
    if (value === undefined || (value === '' && segment !== '')) return undefined;
    if (greedy !== undefined) {
      parameters[greedy] = given.slice(index).join('/');
      return { route, parameters, rank: `${rank}c${methodRank(wantedMethod)}` };
    }
    if (variable === undefined && segment !== value) return undefined;
    if (variable !== undefined) parameters[variable] = value;
    rank += variable === undefined ? 'a' : 'b';
  }
  if (given.length !== wanted.length) return undefined;
  return { route, parameters, rank: rank + methodRank(wantedMethod) };
}

function segmentsOf(path: string): readonly string[] {
  return path.replace(/^\//, '').split('/');
}

function methodRank(method: string | undefined): string {
  return method === 'ANY' ? 'B' : 'A';
}
