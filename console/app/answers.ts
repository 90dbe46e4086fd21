import type { z } from '@hono/zod-openapi';
import type { audiencePageSchema, audienceSchema, workspaceSchema } from '../../lib/api/answers.ts';
import type { duplicatesSchema } from '../../lib/api/duplicate-routes.ts';
import type { mergesSchema } from '../../lib/api/people-answers.ts';
import type { alertSchema, jobSchema, outcomesSchema } from '../../lib/api/work-answers.ts';
import type { Receipt } from '../../lib/domain/segment/receipt.ts';
import type { PersonPage } from '../../lib/pipeline/describe/describe-person.ts';
import type { SegmentPage } from '../../lib/pipeline/describe/segment-list.ts';
import type { Approval } from '../../lib/pipeline/push/approve.ts';
import type { DryRun } from '../../lib/pipeline/push/dry-run.ts';
import type { PushRun } from '../../lib/pipeline/push/push-run.ts';

export type Workspace = z.infer<typeof workspaceSchema>;
export type Audience = z.infer<typeof audienceSchema>;
export type AudiencePage = z.infer<typeof audiencePageSchema>;
export type Alert = z.infer<typeof alertSchema>;
export type Job = z.infer<typeof jobSchema>;

/**
 * What the API answers, by method and path as its OpenAPI document writes them (a test compares the two). Where a schema
 * leaves an answer open, the type is the one of whoever makes it.
 */
export interface Answers {
  'GET /api/alerts': readonly Alert[];
  'GET /api/audiences': readonly Audience[];
  'GET /api/audiences/{audience}': AudiencePage;
  'GET /api/audiences/{audience}/runs': readonly PushRun[];
  'GET /api/duplicates': z.infer<typeof duplicatesSchema>;
  'GET /api/jobs/{job}': Job;
  'GET /api/people/{person}': PersonPage;
  'GET /api/people/{person}/merges': z.infer<typeof mergesSchema>;
  'GET /api/people/{person}/segments/{segment}': Receipt;
  'GET /api/runs/{run}': PushRun;
  'GET /api/runs/{run}/outcomes/{part}': z.infer<typeof outcomesSchema>;
  'GET /api/segments': SegmentPage;
  'GET /api/workspace': Workspace;
  'POST /api/push': Job;
  'POST /api/push/dry-run': { readonly audiences: readonly DryRun[] };
  'POST /api/runs/{run}/approve': Approval;
}
