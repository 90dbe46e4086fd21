import type { Answer } from '../../lib/api/answers/answers.ts';
import type { Cost } from '../../lib/domain/cost/cost.ts';
import type { Review } from '../../lib/domain/review/review.ts';
import type { Problem } from '../../lib/domain/segment-text.ts';
import type { SegmentPreview } from '../../lib/pipeline/define/preview-segment.ts';
import type { Publication } from '../../lib/pipeline/define/publication.ts';
import type { VersionChanges } from '../../lib/pipeline/describe/definition-changes.ts';
import type { ConnectionPage } from '../../lib/pipeline/describe/describe-connection.ts';
import type { DataPage } from '../../lib/pipeline/describe/describe-data.ts';
import type { DayPage } from '../../lib/pipeline/describe/describe-day.ts';
import type { PersonPage } from '../../lib/pipeline/describe/describe-person.ts';
import type { SegmentPageOf } from '../../lib/pipeline/describe/describe-segment.ts';
import type { Explanation } from '../../lib/pipeline/describe/explain-membership.ts';
import type { ActivityPage } from '../../lib/pipeline/describe/person-activities.ts';
import type { PersonAudience } from '../../lib/pipeline/describe/person-audiences.ts';
import type { PersonSegment } from '../../lib/pipeline/describe/person-segments.ts';
import type { SegmentHistory } from '../../lib/pipeline/describe/segment-history.ts';
import type { SegmentPage } from '../../lib/pipeline/describe/segment-list.ts';
import type { SegmentPeople } from '../../lib/pipeline/describe/segment-people.ts';
import type { FigurePage } from '../../lib/pipeline/figures.ts';
import type { CardPage } from '../../lib/pipeline/learn/cards.ts';
import type { Approval } from '../../lib/pipeline/push/approve.ts';
import type { DryRun } from '../../lib/pipeline/push/dry-run.ts';
import type { PushRun } from '../../lib/pipeline/push/push-run.ts';
import type { FactsPage } from '../../lib/pipeline/review/facts-page.ts';
import type { OverlapMatrix } from '../../lib/pipeline/review/latest-count.ts';

export type Workspace = Answer<'Workspace'>;
export type Audience = Answer<'Audiences'>[number];
export type AudiencePage = Answer<'AudiencePage'>;
/** What a text means, beside its sentences. */
export type ShownPreview = SegmentPreview & Pick<SegmentPageOf, 'segment' | 'told' | 'sentence'>;
export type Persona = Answer<'Personas'>[number];
export type Alert = Answer<'Alerts'>[number];
export type Job = Answer<'Job'>;

/**
 * What the API answers, by method and path as its OpenAPI document writes them (a test compares the two). Where a schema
 * leaves an answer open, the type is the one of whoever makes it.
 */
export interface Answers {
  'GET /api/me': Answer<'Caller'>;
  'GET /api/alerts': readonly Alert[];
  'GET /api/audiences': readonly Audience[];
  'GET /api/audiences/{audience}': AudiencePage;
  'GET /api/audiences/{audience}/runs': readonly PushRun[];
  'GET /api/connections/{connection}': ConnectionPage;
  'GET /api/cost': Cost;
  'GET /api/data': DataPage;
  'GET /api/day': DayPage;
  'GET /api/definitions/versions': { readonly publications: readonly Publication[]; readonly next: string | null };
  'GET /api/definitions/versions/{version}/changes': VersionChanges;
  'GET /api/duplicates': Answer<'Duplicates'>;
  'GET /api/duplicates/{duplicate}': Answer<'DuplicatePage'>;
  'GET /api/exports/{job}/{form}/{part}': Answer<'ExportPart'>;
  'GET /api/figures': FigurePage;
  'GET /api/jobs/{job}': Job;
  'GET /api/models': CardPage;
  'GET /api/overlaps': OverlapMatrix;
  'GET /api/people/{person}': PersonPage;
  'GET /api/people/{person}/activities': ActivityPage;
  'GET /api/people/{person}/audiences': readonly PersonAudience[];
  'GET /api/people/{person}/merges': Answer<'Merges'>;
  'GET /api/people/{person}/segments': readonly PersonSegment[];
  'GET /api/people/{person}/segments/{segment}': Explanation;
  'GET /api/personas': readonly Persona[];
  'GET /api/quarantine/{connection}': Answer<'QuarantinedRecords'>;
  'GET /api/reviews': Answer<'ReviewLines'>;
  'GET /api/runs/{run}': PushRun;
  'GET /api/runs/{run}/outcomes/{part}': Answer<'Outcomes'>;
  'GET /api/segments': SegmentPage;
  'GET /api/segments/{segment}': SegmentPageOf;
  'GET /api/segments/{segment}/comments': Answer<'Comments'>;
  'GET /api/segments/{segment}/facts': FactsPage;
  'GET /api/segments/{segment}/history': SegmentHistory;
  'GET /api/segments/{segment}/people': SegmentPeople;
  'GET /api/segments/{segment}/reviews': readonly Review[];
  'GET /api/segments/{segment}/samples': Answer<'Samples'>;
  'GET /api/workspace': Workspace;
  'POST /api/apply': Job;
  'POST /api/duplicates/{duplicate}/accept': Answer<'JudgedDuplicate'>;
  'POST /api/duplicates/{duplicate}/reject': Answer<'JudgedDuplicate'>;
  'POST /api/duplicates/{duplicate}/undo': Answer<'JudgedDuplicate'>;
  'POST /api/export': Job;
  'POST /api/forget': Job;
  'POST /api/models': Job;
  'POST /api/people/{person}/unmerge': Job;
  'POST /api/pull': Job;
  'POST /api/push': Job;
  'POST /api/push/dry-run': { readonly audiences: readonly DryRun[] };
  'POST /api/quarantine/{connection}/replay': Job;
  'POST /api/replay': Job;
  'POST /api/runs/{run}/approve': Approval;
  'POST /api/segments/preview': { readonly problems: readonly Problem[]; readonly preview: ShownPreview | null };
  'POST /api/segments/{segment}/comments': Answer<'Comment'>;
  'POST /api/segments/{segment}/edits': Job;
  'POST /api/segments/{segment}/reviews': Job;
  'POST /api/segments/{segment}/samples': Answer<'Mark'>;
}
