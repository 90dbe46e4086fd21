import * as z from 'zod';
import {
  activityPageSchema,
  connectionSchema,
  dataSchema,
  daySchema,
  figurePageSchema,
  personAudiencesSchema,
  personSegmentsSchema,
  rejectedSchema,
} from './data.ts';
import { importSchema, sampleSchema, settingsSchema, takenSchema } from './imports.ts';
import { cardsSchema, modelSchema } from './models.ts';
import { askedToSignInSchema, callerSchema, costSchema, examinationSchema } from './operating.ts';
import {
  duplicatePageSchema,
  duplicatesSchema,
  exportPartSchema,
  judgedSchema,
  memberPageSchema,
  mergesSchema,
  personSchema,
  receiptOfErasureSchema,
  receiptSchema,
  segmentPeopleSchema,
  suppressionSchema,
} from './people.ts';
import {
  commentSchema,
  factsPageSchema,
  markSchema,
  overlapsSchema,
  pageSchema,
  personaSchema,
  reviewLineSchema,
  reviewSchema,
  samplesSchema,
} from './reviews.ts';
import {
  keptSourcesSchema,
  previewSchema,
  publicationsSchema,
  segmentPageSchema,
  segmentSchema,
  versionChangesSchema,
  versionSchema,
} from './segments.ts';
import {
  alertSchema,
  approvalSchema,
  dryRunSchema,
  jobSchema,
  outcomesSchema,
  planSchema,
  publishedSchema,
  verifySchema,
} from './work.ts';
import {
  audiencePageSchema,
  audienceSchema,
  lateDaySchema,
  leftListSchema,
  runPageSchema,
  runSchema,
  segmentHistorySchema,
  workspaceSchema,
} from './workspace.ts';

/**
 * Shapes of the API's answers, by the names that routes call them by. The OpenAPI document and the checks of the tests are made
 * from them; nobody else needs them, so they are loaded with the document.
 */
export const answers = {
  ActivityPage: activityPageSchema,
  Alerts: z.array(alertSchema),
  Approval: approvalSchema,
  AskedToSignIn: askedToSignInSchema,
  AudiencePage: audiencePageSchema,
  Audiences: z.array(audienceSchema),
  Caller: callerSchema,
  Comment: commentSchema,
  Comments: z.array(commentSchema),
  Connection: connectionSchema,
  Cost: costSchema,
  Data: dataSchema,
  Day: daySchema,
  Definitions: versionSchema,
  DryRun: dryRunSchema,
  DuplicatePage: duplicatePageSchema,
  Duplicates: duplicatesSchema,
  Erasure: receiptOfErasureSchema,
  Erasures: z.array(receiptOfErasureSchema),
  Segment: segmentSchema,
  Examination: examinationSchema,
  ExportPart: exportPartSchema,
  FigurePage: figurePageSchema,
  Import: importSchema,
  ImportSettings: settingsSchema,
  Job: jobSchema,
  JudgedDuplicate: judgedSchema,
  KeptSources: keptSourcesSchema,
  LateDays: z.array(lateDaySchema),
  LeftLists: z.array(leftListSchema),
  Mark: markSchema,
  MemberPage: memberPageSchema,
  Merges: mergesSchema,
  Model: modelSchema,
  ModelCards: cardsSchema,
  Outcomes: outcomesSchema,
  Overlaps: overlapsSchema,
  Page: pageSchema,
  Person: personSchema,
  PersonAudiences: personAudiencesSchema,
  PersonSegments: personSegmentsSchema,
  Personas: z.array(personaSchema),
  Plan: planSchema,
  Publications: publicationsSchema,
  Published: publishedSchema,
  QuarantinedRecords: z.array(rejectedSchema),
  Receipt: receiptSchema,
  ReviewLines: z.array(reviewLineSchema),
  Reviews: z.array(reviewSchema),
  Run: runSchema,
  RunPage: runPageSchema,
  Runs: z.array(runSchema),
  Sample: sampleSchema,
  Samples: samplesSchema,
  SegmentFacts: factsPageSchema,
  SegmentHistory: segmentHistorySchema,
  SegmentPeople: segmentPeopleSchema,
  SegmentPreview: previewSchema,
  Segments: segmentPageSchema,
  Suppressions: z.array(suppressionSchema),
  TakenRows: takenSchema,
  Verify: verifySchema,
  VersionChanges: versionChangesSchema,
  Workspace: workspaceSchema,
};

export type AnswerName = keyof typeof answers;

/** What a route answers under a name. */
export type Answer<Name extends AnswerName> = z.infer<(typeof answers)[Name]>;
