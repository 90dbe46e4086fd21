import * as z from 'zod';
import { described } from './parts.ts';
import { performanceSchema } from './reviews.ts';

const count = z.number().int();
const sizeSchema = z.object({
  members: count,
  how: z.enum(['recount + live', 'recount', 'rows', 'at least']),
  counted: z.string().nullable(),
});

export const segmentPageSchema = z.object({
  segments: z.array(
    z.object({
      segment: z.string(),
      title: z.string(),
      sentence: z.string(),
      persona: z.string().nullable(),
      performance: performanceSchema.nullable(),
      members: count,
      counted: sizeSchema,
      sizes: z.array(z.object({ at: z.string(), members: count })),
      audiences: z.array(z.string()),
    }),
  ),
  total: count,
  next: z.string().nullable(),
});

interface ToldAnswer {
  readonly path: string;
  readonly text: string;
  readonly parts: readonly ToldAnswer[];
}

/** A condition in words: a line for every leaf and branch, named by its path. */
export const toldSchema: z.ZodType<ToldAnswer> = z
  .object({ path: z.string(), text: z.string(), parts: z.lazy(() => z.array(toldSchema)) })
  .register(described, { id: 'Told' });

const formSchema = z
  .string()
  .register(described, { description: 'Names this form of the segment; the ETag that an edit sends back' });

export const segmentSchema = z.object({
  segment: z.string(),
  title: z.string(),
  description: z.string().nullable(),
  persona: z.string().nullable(),
  when: z.looseObject({}),
  told: toldSchema,
  sentence: z.string(),
  yaml: z.string(),
  yamlFrom: z.enum(['file', 'definition']),
  form: formSchema,
  objective: z.unknown(),
  review: z.string().nullable(),
  tests: z.array(z.looseObject({ name: z.string() })),
  refersTo: z.array(z.string()),
  usedBy: z.object({ segments: z.array(z.string()), audiences: z.array(z.string()) }),
  version: z.string(),
  since: z.object({ version: z.string(), at: z.string().nullable(), by: z.string().nullable() }).nullable(),
});

const fileProblemSchema = z
  .object({
    file: z.string(),
    line: count,
    column: count,
    code: z.string(),
    found: z.string(),
    expected: z.string(),
    suggestion: z.string().optional(),
    severity: z.enum(['error', 'warning']).optional(),
  })
  .register(described, { id: 'FileProblem' });

const estimateSchema = z.object({ count, least: count, most: count }).register(described, {
  id: 'Estimate',
  description: 'A number, and the ends of its 95 % interval; all three are equal where everybody was counted',
});

const move = z.enum(['enters', 'leaves', 'stays']);

export const previewSchema = z.object({
  problems: z.array(fileProblemSchema),
  /** Null while something is wrong. */
  preview: z
    .object({
      segment: z.string(),
      told: toldSchema,
      sentence: z.string(),
      counted: z.object({ how: z.enum(['everybody', 'sample']), people: count, of: count.nullable() }),
      total: estimateSchema,
      moves: z.object({ enters: estimateSchema, leaves: estimateSchema, stays: estimateSchema }),
      parts: z.record(z.string(), estimateSchema),
      overlap: z.array(z.object({ segment: z.string(), both: estimateSchema })),
      sample: z.object({
        columns: z.array(z.string()),
        people: z.array(z.object({ move, cells: z.array(z.unknown()) })),
      }),
      filled: count,
    })
    .nullable(),
});

const changedSchema = z.object({ kind: z.string(), id: z.string(), change: z.enum(['added', 'edited', 'removed']) });

export const publicationSchema = z
  .object({
    version: z.string(),
    moves: count,
    at: z.string().nullable(),
    by: z.string().nullable(),
    changes: z.array(changedSchema),
    more: count,
  })
  .register(described, { id: 'Publication' });

export const publicationsSchema = z.object({ publications: z.array(publicationSchema), next: z.string().nullable() });

const beforeAndAfter = { before: z.string().nullable(), after: z.string().nullable() };

export const versionChangesSchema = z.object({
  from: z.string(),
  to: z.string(),
  changes: z.array(changedSchema.extend({ ...beforeAndAfter, sentences: z.object(beforeAndAfter).optional() })),
  more: count,
});

export const versionSchema = z.looseObject({
  version: z.string(),
  workspace: z.string(),
  segments: z.array(z.looseObject({ segment: z.string() })),
});

export const keptSourcesSchema = z.object({ version: z.string(), files: count });
