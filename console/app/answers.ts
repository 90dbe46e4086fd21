import type { z } from '@hono/zod-openapi';
import type {
  audiencePageSchema,
  audienceSchema,
  rejectedSchema,
  segmentSchema,
  workspaceSchema,
} from '../../lib/api/answers.ts';
import type {
  duplicatePageSchema,
  duplicatesSchema,
  exportPartSchema,
  judgedSchema,
  mergesSchema,
} from '../../lib/api/people-answers.ts';
import type { reviewLineSchema } from '../../lib/api/review-answers.ts';
import type { alertSchema, jobSchema, outcomesSchema } from '../../lib/api/work-answers.ts';
import type { ConnectionPage } from '../../lib/pipeline/describe/describe-connection.ts';
import type { DataPage } from '../../lib/pipeline/describe/describe-data.ts';
import type { DayPage } from '../../lib/pipeline/describe/describe-day.ts';
import type { PersonPage } from '../../lib/pipeline/describe/describe-person.ts';
import type { Explanation } from '../../lib/pipeline/describe/explain-membership.ts';
import type { ActivityPage } from '../../lib/pipeline/describe/person-activities.ts';
import type { PersonAudience } from '../../lib/pipeline/describe/person-audiences.ts';
import type { Approval } from '../../lib/pipeline/push/approve.ts';
import type { DryRun } from '../../lib/pipeline/push/dry-run.ts';
import type { PushRun } from '../../lib/pipeline/push/push-run.ts';

export type Workspace = z.infer<typeof workspaceSchema>;
export type Segment = z.infer<typeof segmentSchema>;
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
  'GET /api/connections/{connection}': ConnectionPage;
  'GET /api/data': DataPage;
  'GET /api/day': DayPage;
  'GET /api/duplicates/{duplicate}': z.infer<typeof duplicatePageSchema>;
  'GET /api/exports/{job}/{form}/{part}': z.infer<typeof exportPartSchema>;
  'GET /api/people/{person}': PersonPage;
  'GET /api/people/{person}/activities': ActivityPage;
  'GET /api/people/{person}/audiences': readonly PersonAudience[];
  'GET /api/people/{person}/merges': z.infer<typeof mergesSchema>;
  'GET /api/people/{person}/segments/{segment}': Explanation;
  'GET /api/quarantine/{connection}': readonly z.infer<typeof rejectedSchema>[];
  'GET /api/reviews': readonly z.infer<typeof reviewLineSchema>[];
  'GET /api/runs/{run}': PushRun;
  'GET /api/runs/{run}/outcomes/{part}': z.infer<typeof outcomesSchema>;
  'GET /api/segments': readonly Segment[];
  'GET /api/workspace': Workspace;
  'POST /api/duplicates/{duplicate}/accept': z.infer<typeof judgedSchema>;
  'POST /api/duplicates/{duplicate}/reject': z.infer<typeof judgedSchema>;
  'POST /api/duplicates/{duplicate}/undo': z.infer<typeof judgedSchema>;
  'POST /api/export': Job;
  'POST /api/forget': Job;
  'POST /api/people/{person}/unmerge': Job;
  'POST /api/pull': Job;
  'POST /api/push': Job;
  'POST /api/push/dry-run': { readonly audiences: readonly DryRun[] };
  'POST /api/replay': Job;
  'POST /api/runs/{run}/approve': Approval;
}
