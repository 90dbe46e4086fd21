import * as z from 'zod';

/** What Google's answers must hold to be used. Fields that are empty are left out by it, and int64 are texts. */

const userList = z.object({
  id: z.string().regex(/^\d+$/),
  displayName: z.string().default(''),
  readOnly: z.boolean().default(false),
  membershipStatus: z.string().default('OPEN'),
  ingestedUserListInfo: z.object({ uploadKeyTypes: z.array(z.string()).default([]) }).optional(),
});

export type UserList = z.infer<typeof userList>;

export const newList = userList;

export const lists = z.object({ userLists: z.array(userList).default([]) }).transform(({ userLists }) => userLists);

/** What became of a request to change members: taken, or refused for members by their place. */
export const changed = z.union([
  z.object({ requestId: z.string().min(1) }),
  z.object({ refused: z.array(z.int().min(0)).min(1) }),
]);

export type Changed = z.infer<typeof changed>;

const count = z
  .string()
  .regex(/^\d+$/)
  .default('0')
  .transform((digits) => Number(digits));

export const requestStatus = z
  .object({
    requestStatusPerDestination: z
      .array(
        z.object({
          requestStatus: z.string().default('REQUEST_STATUS_UNKNOWN'),
          errorInfo: z
            .object({ errorCounts: z.array(z.object({ recordCount: count, reason: z.string() })).default([]) })
            .optional(),
          audienceMembersIngestionStatus: z
            .object({ userDataIngestionStatus: z.object({ uploadMatchRateRange: z.string().optional() }).optional() })
            .optional(),
        }),
      )
      .default([]),
  })
  .transform(({ requestStatusPerDestination: [first] }) => ({
    status: first?.requestStatus ?? 'PROCESSING',
    errors: first?.errorInfo?.errorCounts ?? [],
    matchRate: first?.audienceMembersIngestionStatus?.userDataIngestionStatus?.uploadMatchRateRange,
  }));

export type RequestStatus = z.infer<typeof requestStatus>;
