import * as z from 'zod';
import type { Definitions } from '../domain/definitions.ts';
import { TributaryError } from '../domain/errors.ts';
import { definitionsKey } from '../pipeline/define/definitions.ts';
import { listPublications } from '../pipeline/define/publication.ts';
import { keepSources } from '../pipeline/define/sources.ts';
import { compareVersions } from '../pipeline/describe/definition-changes.ts';
import type { ApiDeps } from './deps.ts';
import { type Route, route } from './route.ts';

const MOST_LISTED = 100;
const MOST_TEXT = 262_144;
const sourcesSchema = z.object({
  files: z.record(z.string().regex(/^(segments|personas|audiences)\/[^/]+\.yaml$/), z.string().max(MOST_TEXT)),
});

/** Versions of the definitions: which were published when and by whom, and what differs between two. */
export function definitionRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    route({
      method: 'get',
      path: '/api/definitions/versions',
      needs: 'viewer',
      summary: 'What was published when and by whom, newest first',
      query: ['from', 'most'],
      answer: 'Publications',
      run: async ({ query: { from, most = '20' } }) => publicationsFrom(deps, from, Number(most)),
    }),
    route({
      method: 'get',
      path: '/api/definitions/versions/{version}',
      needs: 'viewer',
      summary: 'One version of the definitions as it was published',
      answer: 'Definitions',
      run: async ({ params: { version } }) => versionNamed(deps, version),
    }),
    route({
      method: 'get',
      path: '/api/definitions/versions/{version}/changes',
      needs: 'viewer',
      summary: 'What differs from another version, definition by definition',
      query: ['since'],
      answer: 'VersionChanges',
      run: async ({ params: { version = '' }, query }) => {
        const after = await versionNamed(deps, version);
        const before = await versionNamed(deps, query.since ?? (await formerOf(deps, version)));
        return compareVersions(deps, before, after);
      },
    }),
    route({
      method: 'post',
      path: '/api/definitions/versions/{version}/sources',
      needs: 'approver',
      summary: 'Keep the files that a version was made from, so that edits of them keep their comments',
      body: sourcesSchema,
      answer: 'KeptSources',
      run: async ({ params: { version = '' }, body: { files } }) => {
        await versionNamed(deps, version);
        await keepSources(deps.archive, version, files);
        return { version, files: Object.keys(files).length };
      },
    }),
  ];
}

async function publicationsFrom({ state }: ApiDeps, from: string | undefined, most: number) {
  const after = from === undefined ? undefined : Number(from);
  if (!(most >= 1 && most <= MOST_LISTED) || (after !== undefined && !Number.isSafeInteger(after))) {
    const message = `most is a number from 1 to ${MOST_LISTED}, from is the \`next\` of the answer before`;
    throw new TributaryError('rejected', 'api/bad-query', message);
  }
  const publications = await listPublications(state, { most, ...(after === undefined ? {} : { after }) });
  const last = publications.at(-1);
  return { publications, next: last === undefined || last.moves === 1 ? null : String(last.moves) };
}

/** The version that was published before one. Throws `api/no-such-version` when nothing was. */
async function formerOf({ state }: ApiDeps, version: string): Promise<string> {
  const publications = await listPublications(state, { most: MOST_LISTED });
  const at = publications.findIndex((one) => one.version === version);
  const former = at < 0 ? undefined : publications[at + 1];
  if (former !== undefined) return former.version;
  const message = `nothing is known to have been published before ${version}; name a version with since`;
  throw new TributaryError('rejected', 'api/no-such-version', message);
}

/** A version that is kept. Throws `api/no-such-version`. */
async function versionNamed({ archive }: ApiDeps, version = ''): Promise<Definitions> {
  const kept = /^[0-9a-f]{16}$/.test(version) ? await archive.getJson(definitionsKey(version)) : undefined;
  if (kept !== undefined) return kept as unknown as Definitions;
  const message = `no version ${version} is kept; /api/definitions/versions lists those that were published`;
  throw new TributaryError('rejected', 'api/no-such-version', message);
}
