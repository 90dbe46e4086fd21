import * as z from 'zod';
import { tellCondition, tellInLine } from '../domain/segment/tell-condition.ts';
import { planEdit } from '../pipeline/define/edit-segment.ts';
import { previewSegment } from '../pipeline/define/preview-segment.ts';
import { describeSegment, type SegmentPageOf } from '../pipeline/describe/describe-segment.ts';
import { listSegments } from '../pipeline/describe/segment-list.ts';
import { namesFor } from '../pipeline/describe/segment-names.ts';
import type { ApiDeps } from './deps.ts';
import { type Route, route } from './route.ts';

/** Letters of a segment's file: what the files of a workspace may have. */
const MOST_TEXT = 262_144;
/** People that a preview looks at: enough for ±1 % of everybody, with 95 % certainty. */
const PEOPLE = 10_000;
const MOST_PEOPLE = 50_000;
/** Somebody is typing: what was counted by then is shown, with how certain it is. */
const PREVIEW_MS = 2_500;

const yaml = z.string().max(MOST_TEXT);
const previewAskedSchema = z.object({
  segment: z.string().min(1).max(200),
  yaml,
  /** How many people to look at, at most. */
  people: z.number().int().min(1).max(MOST_PEOPLE).optional(),
});
const editSchema = z.union([z.strictObject({ yaml }), z.strictObject({ remove: z.literal(true) })]);

/** Segments: read, previewed while they are edited, and edited. */
export function segmentRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    route({
      method: 'get',
      path: '/api/segments',
      needs: 'viewer',
      summary: 'Segments with their members counted, some at a time',
      query: ['q', 'sort', 'from', 'most'],
      answer: 'Segments',
      run: async ({ query: { q, sort, from, most = '100' } }) =>
        listSegments(deps, await deps.compiled(), { q, sort, from, most: Number(most) }),
    }),
    route({
      method: 'get',
      path: '/api/segments/{segment}',
      needs: 'viewer',
      summary: 'One segment: its definition as sentences and as YAML, and who uses it',
      answer: 'Segment',
      etag: ({ form }: SegmentPageOf) => form,
      run: async ({ params: { segment = '' } }) => describeSegment(deps, await deps.definitions(), segment),
    }),
    route({
      method: 'post',
      path: '/api/segments/preview',
      needs: 'viewer',
      summary: 'What the text of a segment means: problems by line, or whom it lets through',
      body: previewAskedSchema,
      answer: 'SegmentPreview',
      run: async ({ body }) => previewOf(deps, body),
    }),
    route({
      method: 'post',
      path: '/api/segments/{segment}/edits',
      needs: 'editor',
      summary: 'Plan to publish a segment edited, new or removed; applying the plan does it',
      body: editSchema,
      status: 202,
      answer: 'Job',
      ifMatch: true,
      run: async ({ params: { segment = '' }, body, seen }) => planEdit(deps, segment, body, seen),
    }),
  ];
}

async function previewOf(deps: ApiDeps, { segment, yaml: text, people = PEOPLE }: z.infer<typeof previewAskedSchema>) {
  const compiled = await deps.compiled();
  const published = compiled.definitions;
  const { problems, definition } = await deps.texts.read(segment, text, published);
  if (definition === undefined) return { problems, preview: null };
  const { when } = definition;
  const names = namesFor(published, when);
  const limits = { most: people, signal: AbortSignal.timeout(PREVIEW_MS) };
  const preview = await previewSegment(deps, compiled, definition, limits);
  return {
    problems,
    preview: { segment, told: tellCondition(when, names), sentence: tellInLine(when, names), ...preview },
  };
}
