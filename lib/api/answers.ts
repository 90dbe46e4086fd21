import { z } from '@hono/zod-openapi';
import { facetNames, traitTypes } from '../domain/facet/catalogue.ts';
import { jobKinds } from '../pipeline/jobs/job.ts';

/** Shapes of the API's answers: the OpenAPI document and the checks of the tests are made from them. */
export const problemSchema = z
  .object({ code: z.string(), message: z.string() })
  .openapi('Problem', { example: { code: 'api/no-such-person', message: 'nobody is known by that' } });

const loose = z.record(z.string(), z.unknown());

export const workspaceSchema = z
  .object({
    workspace: z.string(),
    version: z.string(),
    timezone: z.string(),
    connections: z.array(
      z.object({
        name: z.string(),
        connector: z.string(),
        webhook: z.boolean(),
        streams: z.array(
          z.object({ stream: z.string(), schedule: z.string(), run: loose.nullable(), settled: z.boolean() }),
        ),
      }),
    ),
  })
  .openapi('Workspace');

export const segmentSchema = z
  .object({ segment: z.string(), title: z.string(), members: z.number().int() })
  .openapi('Segment');

export const audienceSchema = z
  .object({
    audience: z.string(),
    segment: z.string(),
    connection: z.string(),
    target: z.unknown(),
    schedule: z.string().nullable(),
    run: loose.nullable(),
    summary: loose,
  })
  .openapi('Audience');

export const audiencePageSchema = audienceSchema
  .extend({
    connector: z.string().nullable(),
    segmentTitle: z.string(),
    /** The segment's condition as written. */
    when: loose,
    match: z.array(z.string()),
    mode: z.enum(['mirror', 'add-only']),
    needs: z.object({ subscribed: z.string().optional(), consent: z.array(z.string()).optional() }),
    holdout: z.number(),
    experiment: z.string().optional(),
    group: z.object({ name: z.string(), priority: z.number() }).optional(),
    /** Its own before the workspace's before the defaults. */
    guardrails: z.looseObject({
      maxAdd: z.number(),
      maxRemove: z.number(),
      maxAddCount: z.number().optional(),
      maxRemoveCount: z.number().optional(),
      smallChange: z.number(),
      minSource: z.number(),
      firstRun: z.enum(['hold', 'into-empty', 'allow']),
      emptySegment: z.enum(['hold', 'allow']),
      maxOptOuts: z.number(),
    }),
    verify: z.object({ schedule: z.string().nullable(), heal: z.enum(['report', 'restore', 'adopt']) }).optional(),
  })
  .openapi('AudiencePage');

const sourcedValue = z.object({
  value: z.unknown(),
  told: z.unknown().optional(),
  source: z.string(),
  at: z.string(),
});

const facetSchema = z.array(
  sourcedValue.extend({
    name: z.string(),
    title: z.string(),
    type: z.enum(traitTypes).optional(),
    mismatch: z.literal(true).optional(),
    losers: z.array(sourcedValue),
  }),
);

export const personSchema = z
  .object({
    id: z.string(),
    identifiers: z.array(z.object({ type: z.string(), value: z.string() })),
    traits: loose,
    sources: loose,
    facets: z.record(z.enum(facetNames), facetSchema),
    segments: z.array(z.string()),
    activities: z.object({ total: z.number().int(), latest: z.array(loose) }),
    fragments: z.array(z.string()),
    consent: z.array(loose),
    audiences: loose,
    history: z.array(loose),
  })
  .openapi('Person');

const evidence = z.object({
  edge: z.string(),
  fragment: z.string(),
  identifier: z.object({ type: z.string(), value: z.string() }),
  at: z.string(),
});

export const mergesSchema = z
  .object({
    id: z.string(),
    fragments: z.array(z.string()),
    merges: z.array(evidence.extend({ joins: z.string() })),
    refused: z.array(evidence.extend({ because: z.string() })),
    apart: z.array(z.object({ fragment: z.string(), from: z.string(), since: z.string() })),
    crowded: z.boolean(),
  })
  .openapi('Merges');

export const receiptSchema = z
  .looseObject({
    segment: z.string(),
    version: z.string(),
    leaves: z.array(loose),
    person: z.string(),
    member: z.boolean(),
    since: z.string().nullable(),
    flips_at: z.string().nullable(),
    at: z.string(),
    sentence: loose,
    text: z.string(),
    history: z.array(loose),
  })
  .openapi('Receipt');

export const memberPageSchema = z
  .object({
    segment: z.string(),
    members: z.array(z.object({ profile: z.string(), since: z.string() })),
    next: z.string().nullable(),
  })
  .openapi('MemberPage');

export const segmentHistorySchema = z
  .object({
    segment: z.string(),
    days: z.array(
      z.object({
        day: z.string(),
        entered: z.number().int(),
        left: z.number().int(),
        size: z.number().int().nullable(),
        counted: z.string().nullable(),
      }),
    ),
    size: z.object({ members: z.number().int(), how: z.string(), counted: z.string().nullable() }),
    latest: z.array(loose),
  })
  .openapi('SegmentHistory');

export const planSchema = z
  .looseObject({
    hash: z.string(),
    deploy: z.array(loose),
    definitions: z.array(loose),
    audiences: z.array(
      z.object({
        id: z.string(),
        add: z.number().int(),
        remove: z.number().int(),
        unchanged: z.number().int(),
        blocked: z.record(z.string(), z.number().int()),
        calls: z.number().int(),
      }),
    ),
  })
  .openapi('Plan');

export const leftListSchema = loose.openapi('LeftList');
export const runSchema = loose.openapi('Run');
const counts = z.record(z.string(), z.number().int());
export const verifySchema = z
  .looseObject({
    id: z.string(),
    audience: z.string(),
    state: z.string(),
    startedAt: z.string(),
    heal: z.enum(['report', 'restore', 'adopt']),
    compares: z.enum(['members', 'counts']),
    listed: z.number().int(),
    believed: z.number().int(),
    agree: z.number().int(),
    differences: counts,
    known: counts,
    waiting: z.number().int(),
    moved: z.number().int(),
    healed: z.number().int(),
    sample: z.record(z.string(), z.array(z.string())),
    members: z.string(),
  })
  .openapi('Verify');
export const rejectedSchema = loose.openapi('QuarantinedRecord');

export const lateDaySchema = z
  .object({
    day: z.string(),
    flips: z.number(),
    p50: z.number().nullable(),
    p99: z.number().nullable(),
    worst: z.number(),
    promised: z.number(),
  })
  .openapi('LateDay');

export const jobSchema = z
  .looseObject({
    id: z.string(),
    what: z.enum(jobKinds),
    state: z.enum(['running', 'finished', 'failed']),
    startedAt: z.string(),
    parts: z.array(loose),
    error: problemSchema.optional(),
  })
  .openapi('Job');

export const receiptOfErasureSchema = z
  .object({
    id: z.string(),
    askedAt: z.string(),
    erasedAt: z.string().optional(),
    state: z.enum(['pending', 'done']),
    profiles: z.array(z.string()),
    places: z.array(
      z.object({
        place: z.string(),
        state: z.enum(['confirmed', 'pending', 'impossible']),
        at: z.string(),
        count: z.number().int().optional(),
        until: z.string().optional(),
        note: z.string().optional(),
      }),
    ),
  })
  .openapi('Erasure');

export const exportPartSchema = z.object({ text: z.string(), parts: z.number().int() }).openapi('ExportPart');

const holdSchema = z.object({ guard: z.string(), says: z.string(), todo: z.string() });

export const dryRunSchema = z
  .object({
    audiences: z.array(
      z.object({
        id: z.string(),
        hash: z.string(),
        add: z.number().int(),
        remove: z.number().int(),
        unchanged: z.number().int(),
        blocked: counts,
        removedBecause: counts,
        optOuts: z.number().int(),
        size: z.number().int(),
        calls: z.number().int(),
        quota: z.number().nullable(),
        minutes: z.number().int(),
        holds: z.array(holdSchema),
      }),
    ),
  })
  .openapi('DryRun');

export const approvalSchema = z
  .object({ run: z.string(), hash: z.string(), state: z.string(), already: z.boolean() })
  .openapi('Approval');

export const outcomesSchema = z
  .object({
    run: z.string(),
    part: z.number().int(),
    parts: z.number().int(),
    outcomes: z.array(
      z.object({
        profile: z.string(),
        op: z.enum(['add', 'remove']),
        status: z.string(),
        code: z.string().optional(),
        at: z.string(),
        consent: loose.optional(),
      }),
    ),
  })
  .openapi('Outcomes');

export const alertSchema = z
  .object({
    kind: z.string(),
    subject: z.string(),
    says: z.string(),
    todo: z.string(),
    since: z.string(),
    run: z.string().optional(),
  })
  .openapi('Alert');
