import { type ApiError, problems, type Violation } from './api-error.ts';
import type { Accepted, GoogleAdsStore } from './store.ts';

const MOST_MEMBERS = 10_000;
const MOST_IDENTIFIERS = 10;
const HASH = /^[0-9a-f]{64}$/;

/** A body as it came; every level is looked at before it is used. */
type Body = Readonly<Record<string, unknown>>;

/** What a change says, if all of it holds. Google takes all of a request or nothing. */
export function readChange(
  body: Body,
  op: Accepted['op'],
  customer: string,
  store: GoogleAdsStore,
): Pick<Accepted, 'op' | 'list' | 'members' | 'hasConsent'> {
  const [destination] = listOf(body.destinations);
  if (destination === undefined) throw missing('destinations');
  const operating = objectOf(destination.operatingAccount);
  if (operating.accountId !== customer || operating.accountType !== 'GOOGLE_ADS') throw problems.permission();
  const list = store.lists.get(String(destination.productDestinationId));
  if (list === undefined) {
    throw problems.field('destinations[0].product_destination_id', 'INVALID_USER_LIST_ID', 'User list was not found.');
  }
  const members = listOf(body.audienceMembers);
  if (members.length === 0) throw missing('audience_members');
  if (members.length > MOST_MEMBERS) {
    throw problems.field('audience_members', 'TOO_MANY_AUDIENCE_MEMBERS', 'Too many audience members.');
  }
  // Told of the first member, though it is about the list (recorded).
  if (!list.keyTypes.includes('CONTACT_ID') || list.readOnly) {
    const says = 'Type of the user list is not applicable for this request.';
    throw problems.field('audience_members[0]', 'INVALID_USER_LIST_TYPE', says);
  }
  if (body.encoding !== 'HEX') throw missing('encoding');
  const terms = objectOf(body.termsOfService).customerMatchTermsOfServiceStatus;
  if (op === 'add' && terms !== 'ACCEPTED') throw missing('terms_of_service.customer_match_terms_of_service_status');
  const violations = members.flatMap((member, place) => violationsOf(member, place));
  if (violations.length > 0) throw problems.invalid(violations);
  const consent = objectOf(body.consent);
  return {
    op,
    list: list.id,
    members: members.map((member) => identifiersOf(member).map(textOf)),
    hasConsent: consent.adUserData === 'CONSENT_GRANTED' && consent.adPersonalization === 'CONSENT_GRANTED',
  };
}

function violationsOf(member: Body, place: number): Violation[] {
  const at = `audience_members[${place}].user_data.user_identifiers`;
  const identifiers = identifiersOf(member);
  if (identifiers.length === 0) {
    return [{ field: at, reason: 'NO_IDENTIFIERS_PROVIDED', description: 'No identifiers were provided.' }];
  }
  if (identifiers.length > MOST_IDENTIFIERS) {
    return [{ field: at, reason: 'TOO_MANY_USER_IDENTIFIERS', description: 'Too many user identifiers.' }];
  }
  return identifiers.flatMap((identifier, index) =>
    HASH.test(textOf(identifier))
      ? []
      : [
          {
            field: `${at}[${index}]`,
            reason: 'INVALID_SHA256_FORMAT',
            description: 'The SHA256 encoded value is malformed.',
          },
        ],
  );
}

function identifiersOf(member: Body): readonly Body[] {
  return listOf(objectOf(member.userData).userIdentifiers);
}

function textOf({ emailAddress, phoneNumber }: Body): string {
  return String(emailAddress ?? phoneNumber ?? '');
}

function missing(field: string): ApiError {
  return problems.field(field, 'REQUIRED_FIELD_MISSING', 'A required field is missing.');
}

function listOf(value: unknown): readonly Body[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

export function objectOf(value: unknown): Body {
  return typeof value === 'object' && value !== null ? (value as Body) : {};
}
