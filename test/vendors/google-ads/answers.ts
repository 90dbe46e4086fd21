import { problems } from './api-error.ts';
import { objectOf } from './members.ts';
import type { Accepted, GoogleAdsStore, UserList } from './store.ts';

/** Match rates are told as ranges; of few members they are not told. */
const MATCH_RANGES: readonly (readonly [from: number, name: string])[] = [
  [91, '91_TO_100'],
  [81, '81_TO_90'],
  [71, '71_TO_80'],
  [61, '61_TO_70'],
  [51, '51_TO_60'],
  [41, '41_TO_50'],
  [31, '31_TO_40'],
  [20, '20_TO_30'],
  [0, 'LESS_THAN_20'],
];
const FEW = 20;

/** A list as the API tells it. Empty fields are left out, int64 are texts. Sizes are estimates, and zero for small lists. */
export function listAnswer(list: UserList, customer: string): object {
  return {
    name: `accountTypes/GOOGLE_ADS/accounts/${customer}/userLists/${list.id}`,
    id: list.id,
    ...(list.readOnly ? { readOnly: true } : {}),
    displayName: list.name,
    membershipStatus: list.status,
    membershipDuration: list.membershipDuration,
    accessReason: list.readOnly ? 'SHARED' : 'OWNED',
    sizeInfo: {},
    ingestedUserListInfo: { uploadKeyTypes: list.keyTypes },
  };
}

/** AIP-160 as far as it is asked for: a name, or nothing. */
export function filteredLists(store: GoogleAdsStore, query: URLSearchParams): readonly UserList[] {
  const filter = query.get('filter');
  const name = filter === null ? undefined : /^display_name = "(.*)"$/.exec(filter)?.[1];
  if (filter !== null && name === undefined) throw problems.field('filter', 'INVALID_FILTER', 'The filter is invalid.');
  const size = Number(query.get('pageSize') ?? 50);
  return [...store.lists.values()].filter((one) => name === undefined || one.name === name).slice(0, size);
}

export function createdList(store: GoogleAdsStore, given: Readonly<Record<string, unknown>>): UserList {
  const name = String(given.displayName ?? '');
  if (store.named(name) !== undefined) {
    throw problems.field('user_list.display_name', 'DISPLAY_NAME_ALREADY_USED', 'The name is already used.');
  }
  const { uploadKeyTypes } = objectOf(given.ingestedUserListInfo);
  if (!Array.isArray(uploadKeyTypes)) {
    const field = 'user_list.ingested_user_list_info.upload_key_types';
    throw problems.field(field, 'REQUIRED_FIELD_MISSING', 'A required field is missing.');
  }
  const membershipDuration = String(given.membershipDuration ?? '46656000s');
  if (Number.parseInt(membershipDuration, 10) > 540 * 86_400) {
    const field = 'user_list.membership_duration';
    throw problems.field(field, 'MEMBERSHIP_DURATION_TOO_LONG', 'The duration is too long.');
  }
  return store.createList({ name, keyTypes: uploadKeyTypes.map(String), membershipDuration });
}

/** How it stands with a request, of its one destination. Counts and ranges, never who. */
export function statusAnswer(store: GoogleAdsStore, id: string | null, customer: string): object {
  store.settle();
  const request = store.requests.get(id ?? '');
  if (request === undefined) throw problems.field('request_id', 'INVALID_REQUEST_ID', 'The request ID is invalid.');
  const destination = {
    operatingAccount: { accountType: 'GOOGLE_ADS', accountId: customer },
    productDestinationId: request.list,
  };
  if (!request.isDone) return { requestStatusPerDestination: [{ destination, requestStatus: 'PROCESSING' }] };
  const { members, dropped, op } = request;
  const requestStatus = dropped === 0 ? 'SUCCESS' : dropped === members.length ? 'FAILED' : 'PARTIAL_SUCCESS';
  const counts = {
    recordCount: String(members.length),
    userIdentifierCount: String(members.reduce((sum, identifiers) => sum + identifiers.length, 0)),
  };
  const told =
    op === 'add'
      ? {
          audienceMembersIngestionStatus: {
            userDataIngestionStatus: { ...counts, uploadMatchRateRange: matchRange(store, request) },
          },
        }
      : { audienceMembersRemovalStatus: { userDataRemovalStatus: counts } };
  const reason = request.broken?.reason ?? 'PROCESSING_ERROR_REASON_NO_CONSENT';
  const errorInfo = dropped === 0 ? {} : { errorInfo: { errorCounts: [{ recordCount: String(dropped), reason }] } };
  return { requestStatusPerDestination: [{ destination, requestStatus, ...errorInfo, ...told }] };
}

function matchRange(store: GoogleAdsStore, { members }: Accepted): string {
  if (members.length < FEW) return 'MATCH_RATE_RANGE_NOT_ELIGIBLE';
  const matched = members.filter((identifiers) => identifiers.some(store.knows)).length;
  const percent = Math.floor((100 * matched) / members.length);
  return `MATCH_RATE_RANGE_${MATCH_RANGES.find(([from]) => percent >= from)?.[1]}`;
}
