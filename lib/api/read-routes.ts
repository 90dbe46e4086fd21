import type { AudienceDefinition } from '../domain/definitions.ts';
import { TributaryError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Profile } from '../domain/profile.ts';
import { openAlerts } from '../pipeline/alerts.ts';
import { readApplyJob } from '../pipeline/define/apply-definitions.ts';
import { readPlan, readPlanJob } from '../pipeline/define/plan-definitions.ts';
import { describePerson } from '../pipeline/describe/describe-person.ts';
import { explainMembership } from '../pipeline/describe/explain-membership.ts';
import { findPerson } from '../pipeline/describe/find-person.ts';
import { readMembers, readSegmentHistory } from '../pipeline/describe/segment-history.ts';
import { readSegmentPeople } from '../pipeline/describe/segment-people.ts';
import { readJob } from '../pipeline/jobs/jobs.ts';
import { readOutcomes } from '../pipeline/push/outcomes.ts';
import { findPush, listPushes, type PushRun } from '../pipeline/push/push-run.ts';
import { readLateness } from '../pipeline/resolve/lateness.ts';
import { listMerges } from '../pipeline/resolve/merges.ts';
import { listedKinds, readRuns } from '../pipeline/run-list.ts';
import { latestVerify } from '../pipeline/verify/verify-run.ts';
import type { AnswerName } from './answers/answers.ts';
import type { ApiDeps } from './deps.ts';
import { personIn } from './person-step.ts';
import { listAudiences, readAudience, readWorkspace } from './reads.ts';
import { type Route, readLimit } from './route.ts';

const MOST_LISTED = 100;
const MOST_PUSHES = 20;
const MOST_RUNS = 200;

/** Everything that only looks. */
export function readRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    {
      ...get('/api/workspace', 'Connections, streams and their latest runs', 'Workspace'),
      run: () => readWorkspace(deps),
    },
    {
      ...get('/api/audiences', 'Audiences with their latest push', 'Audiences'),
      query: ['counts'],
      run: async ({ query: { counts } }) => listAudiences(deps, counts),
    },
    {
      ...get('/api/audiences/{audience}', 'One audience: what it means, where its people stand', 'AudiencePage'),
      run: async ({ params }) => readAudience(deps, await audienceNamed(deps, params.audience)),
    },
    {
      ...get('/api/audiences/{audience}/runs', 'Pushes of one audience, newest first', 'Runs'),
      run: async ({ params }) => {
        const { audience } = await audienceNamed(deps, params.audience);
        return listPushes(deps.state, audience, MOST_PUSHES);
      },
    },
    {
      ...get('/api/audiences/{audience}/verify', "The latest comparison with the tool's real list", 'Verify'),
      run: async ({ params: { audience = '' } }) => {
        const run = await latestVerify(deps.state, audience);
        if (run === undefined) throw new TributaryError('rejected', 'api/no-such-verify', 'its list was never checked');
        return run;
      },
    },
    {
      ...get('/api/people/{person}', 'One person by id, address, type=value or fragment', 'Person'),
      run: async ({ params }) => describePerson(deps, await personNamed(deps, params.person), await deps.compiled()),
    },
    {
      ...get('/api/people/{person}/merges', 'The evidence that made records one person', 'Merges'),
      run: async ({ params }) => mergesOf(deps, params.person),
    },
    {
      ...get('/api/people/{person}/segments/{segment}', 'Why a person is, or is not, in a segment', 'Receipt'),
      run: async ({ params: { person, segment = '' } }) => {
        const compiled = await deps.compiled();
        await segmentNamed(deps, segment);
        return explainMembership(deps, await personNamed(deps, person), compiled, segment);
      },
    },
    {
      ...get('/api/segments/{segment}/members', 'Members of a segment, some at a time', 'MemberPage'),
      query: ['from', 'most'],
      run: async ({ params, query }) =>
        readMembers(deps, await segmentNamed(deps, params.segment), {
          from: query.from,
          most: Number(query.most ?? 100),
        }),
    },
    {
      ...get('/api/segments/{segment}/people', 'People of a segment by chosen columns', 'SegmentPeople'),
      takesAway: true,
      query: ['columns', 'from', 'most'],
      run: async ({ params, query }) =>
        readSegmentPeople(deps, await deps.compiled(), await segmentNamed(deps, params.segment), {
          columns: query.columns,
          from: query.from,
          most: Number(query.most ?? 100),
        }),
    },
    {
      ...get('/api/segments/{segment}/history', 'Who entered and left a segment, day by day', 'SegmentHistory'),
      query: ['from', 'to'],
      run: async ({ params, query }) => readSegmentHistory(deps, await segmentNamed(deps, params.segment), query),
    },
    {
      ...get('/api/plans/{plan}', 'A plan as it was made', 'Plan'),
      run: async ({ params: { plan = '' } }) => readPlan(deps.archive, plan),
    },
    {
      ...get('/api/left-lists', 'Lists in the tools that were left with people on them', 'LeftLists'),
      run: async () => (await deps.state.list('left-list', { most: MOST_LISTED })).map(({ body }) => body),
    },
    {
      ...get('/api/lateness', 'How long after their instant answers turned, by day', 'LateDays'),
      run: () => readLateness(deps),
    },
    {
      ...get(
        '/api/runs',
        'Sync runs, dropped files, pushes and checks of lists, newest first, some at a time',
        'RunPage',
      ),
      query: ['what', 'state', 'after', 'limit'],
      run: async ({ query }) => listRuns(deps, query),
    },
    {
      ...get('/api/runs/{run}', 'One push: its plan, what holds it, how it ended', 'Run'),
      run: async ({ params }) => pushNamed(deps, params.run),
    },
    {
      ...get('/api/runs/{run}/outcomes/{part}', 'What became of the members of a push, a part at a time', 'Outcomes'),
      run: async ({ params }) => readPart(deps, await pushNamed(deps, params.run), params.part),
    },
    {
      ...get('/api/alerts', 'What waits for a person, the latest first', 'Alerts'),
      run: () => openAlerts(deps.state, deps.clock.now().getTime()),
    },
    {
      ...get('/api/jobs/{job}', 'How a job stands', 'Job'),
      run: async ({ params: { job = '' } }) => {
        const scans = (await readPlanJob(deps, job)) ?? (await readApplyJob(deps, job));
        const found = scans ?? (await readJob(deps, await deps.definitions(), job));
        if (found === undefined) throw new TributaryError('rejected', 'api/no-such-job', 'no job has that id');
        return found;
      },
    },
  ];
}

function get(path: string, summary: string, answer: AnswerName) {
  return { method: 'get', path, needs: 'viewer', summary, answer } as const;
}

/** The evidence of a person, under the rules that are published. */
export async function mergesOf(deps: ApiDeps, person: string | undefined) {
  const { identity } = await deps.definitions();
  return listMerges(deps, await personNamed(deps, person), identity);
}

/** A segment by its id. Throws `api/no-such-segment`. */
export async function segmentNamed(deps: ApiDeps, segment = ''): Promise<string> {
  const { segments } = await deps.definitions();
  if (segments.some((one) => one.segment === segment)) return segment;
  throw new TributaryError('rejected', 'api/no-such-segment', `no segment is called ${segment}`);
}

async function audienceNamed(deps: ApiDeps, audience = ''): Promise<AudienceDefinition> {
  const found = (await deps.definitions()).audiences.find((one) => one.audience === audience);
  if (found !== undefined) return found;
  throw new TributaryError('rejected', 'api/no-such-audience', `no audience is called ${audience}`);
}

/** Whom somebody asks for, in a step of a path or in a body. Throws `api/no-such-person`. */
export async function personNamed(deps: ApiDeps, person = ''): Promise<Profile> {
  const profile = await findPerson(deps, personIn(person));
  if (profile !== undefined) return profile;
  throw new TributaryError('rejected', 'api/no-such-person', 'nobody is known by that');
}

async function pushNamed(deps: ApiDeps, run = ''): Promise<PushRun> {
  const found = await findPush(deps.state, run);
  if (found === undefined) throw new TributaryError('rejected', 'api/no-such-run', 'no push has that id');
  return found;
}

async function listRuns({ state }: ApiDeps, query: Readonly<Record<string, string | undefined>>) {
  const { what, state: wanted, after, limit } = query;
  if (what !== undefined && !(listedKinds as readonly string[]).includes(what)) {
    throw new TributaryError('rejected', 'api/bad-query', `what: expected one of ${listedKinds.join(', ')}`);
  }
  const matches = (run: JsonObject): boolean =>
    (what === undefined || run.what === what) && (wanted === undefined || run.state === wanted);
  const most = readLimit(limit, { most: MOST_RUNS, usual: MOST_LISTED });
  return readRuns(state, { most, after, ...(what === undefined && wanted === undefined ? {} : { matches }) });
}

async function readPart(deps: ApiDeps, run: PushRun, asked = '') {
  const part = Number(asked);
  const written = /^\d{1,6}$/.test(asked) && part < run.outcomeParts;
  const outcomes = written ? await readOutcomes(deps.archive, run, part) : undefined;
  if (outcomes !== undefined) return { run: run.id, part, parts: run.outcomeParts, outcomes };
  if (asked === '0') return { run: run.id, part, parts: 0, outcomes: [] };
  throw new TributaryError(
    'rejected',
    'api/no-such-part',
    `the outcomes of ${run.id} have ${run.outcomeParts} parts, or are not kept any more`,
  );
}
