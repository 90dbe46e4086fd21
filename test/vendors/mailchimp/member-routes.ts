import { isJsonObject, type Json, type JsonObject } from '../../../lib/domain/json.ts';
import type { MemberInput, SimList } from './list.ts';
import { memberHash, type SimMember, type Status, showMember } from './member.ts';
import { mergeFieldsIn } from './merge-fields.ts';
import { problems } from './problem.ts';
import { choiceAt, instantAt, pageOf } from './query.ts';
import type { Route } from './route.ts';

const STATUSES: readonly Status[] = ['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional', 'archived'];

/** Reading and changing list members. */
export const memberRoutes: readonly Route[] = [
  { method: 'GET', path: /^\/lists\/([^/]+)\/members$/, run: ({ list, query }) => listMembers(list(), query) },
  {
    method: 'POST',
    path: /^\/lists\/([^/]+)\/members$/,
    run: ({ list, body, query }) => {
      const input = inputOf(body, list(), query);
      const held = list().members.get(memberHash(input.email));
      if (held !== undefined && held.status !== 'archived') throw problems.exists(input.email);
      return show(list(), list().putByApi(input, undefined));
    },
  },
  {
    method: 'GET',
    path: /^\/lists\/([^/]+)\/members\/([^/]+)$/,
    // Accepts the MD5 or the address itself (API reference, subscriber_hash).
    run: ({ list, part }) => show(list(), list().need(hashOf(part(2)))),
  },
  {
    method: 'PUT',
    path: /^\/lists\/([^/]+)\/members\/([^/]+)$/,
    run: ({ list, part, body, query }) => {
      const input = inputOf(body, list(), query);
      // Recorded: a PUT whose hash and address disagree answers as if the member existed.
      if (memberHash(input.email) !== hashOf(part(2))) throw problems.exists(input.email);
      return show(list(), list().putByApi(input, statusAt(body, 'status_if_new')));
    },
  },
  {
    method: 'PATCH',
    path: /^\/lists\/([^/]+)\/members\/([^/]+)$/,
    run: ({ list, part, body, query }) => {
      const held = list().need(hashOf(part(2)));
      return show(list(), list().putByApi(inputOf({ ...body, email_address: held.email }, list(), query), undefined));
    },
  },
  {
    method: 'DELETE',
    path: /^\/lists\/([^/]+)\/members\/([^/]+)$/,
    run: ({ list, part }) => list().archive(hashOf(part(2)), 'api'),
  },
  {
    method: 'POST',
    path: /^\/lists\/([^/]+)\/members\/([^/]+)\/actions\/delete-permanent$/,
    run: ({ list, part }) => list().deletePermanently(hashOf(part(2)), 'api'),
  },
  {
    method: 'POST',
    path: /^\/lists\/([^/]+)\/members\/([^/]+)\/tags$/,
    run: ({ list, part, body }) => changeTags(list(), list().need(hashOf(part(2))), body),
  },
];

/** A member as every answer shows it. */
export function show(list: SimList, member: SimMember): JsonObject {
  return showMember(member, list.id, list.tagName, list.mergeFields.keys());
}

function listMembers(list: SimList, query: URLSearchParams): JsonObject {
  const status = choiceAt(query, 'status', STATUSES);
  // brandonseydel/MailChimp.Net#589
  if (status === undefined && (query.has('unsubscribed_since') || query.has('since_last_campaign'))) {
    throw problems.invalid('The resource submitted could not be validated.', [
      { field: 'status', message: 'Member status is required to use this filter' },
    ]);
  }
  const since = instantAt(query, 'since_last_changed') ?? Number.NEGATIVE_INFINITY;
  const before = instantAt(query, 'before_last_changed') ?? Number.POSITIVE_INFINITY;
  const optedSince = instantAt(query, 'since_timestamp_opt');
  const optedBefore = instantAt(query, 'before_timestamp_opt');
  const found = list.byLastChanged().filter((member) => {
    if (member.lastChanged <= since || member.lastChanged >= before) return false;
    if (optedSince !== undefined && (member.timestampOpt ?? 0) <= optedSince) return false;
    if (optedBefore !== undefined && (member.timestampOpt ?? 0) >= optedBefore) return false;
    // Archived members show only when they are asked for: not documented, found by many code bases.
    return status === undefined ? member.status !== 'archived' : member.status === status;
  });
  const sorted = sortedBy(query, found);
  const { offset, count } = pageOf(query);
  return {
    members: sorted.slice(offset, offset + count).map((member) => show(list, member)),
    list_id: list.id,
    total_items: sorted.length,
    _links: [],
  };
}

function sortedBy(query: URLSearchParams, found: readonly SimMember[]): readonly SimMember[] {
  const field = choiceAt(query, 'sort_field', ['timestamp_opt', 'timestamp_signup', 'last_changed']);
  const descending = choiceAt(query, 'sort_dir', ['ASC', 'DESC']) === 'DESC';
  if (field === undefined) return [...found].sort((a, b) => a.webId - b.webId);
  if (field === 'last_changed') return descending ? [...found].reverse() : found;
  const at = ({ timestampOpt, timestampSignup }: SimMember) =>
    (field === 'timestamp_opt' ? timestampOpt : timestampSignup) ?? 0;
  return [...found].sort((a, b) => (descending ? at(b) - at(a) : at(a) - at(b)));
}

/** Makes tags on the fly; setting what is set changes nothing. */
function changeTags(list: SimList, member: SimMember, body: JsonObject): void {
  const wanted = Array.isArray(body.tags) ? body.tags : [];
  const names = new Set([...member.tags].map((id) => list.tagName(id) ?? ''));
  for (const tag of wanted as readonly Json[]) {
    if (!isJsonObject(tag) || typeof tag.name !== 'string') continue;
    if (tag.status === 'inactive') names.delete(tag.name);
    else names.add(tag.name);
  }
  list.put({ email: member.email, tags: [...names] }, 'api');
}

function inputOf(body: JsonObject, list: SimList, query: URLSearchParams): MemberInput {
  const email = body.email_address;
  if (typeof email !== 'string' || !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) {
    throw problems.invalid('Please provide a valid email address.');
  }
  const status = statusAt(body, 'status');
  return {
    email,
    ...(status === undefined ? {} : { status }),
    ...(isJsonObject(body.merge_fields) ? { merge: mergeFieldsIn(body.merge_fields, list, query) } : {}),
    ...(typeof body.language === 'string' ? { language: body.language } : {}),
    ...(typeof body.vip === 'boolean' ? { vip: body.vip } : {}),
  };
}

function statusAt(body: JsonObject, name: string): Status | undefined {
  const text = body[name];
  return typeof text === 'string'
    ? choiceAt(new URLSearchParams({ [name]: text }), name, STATUSES.slice(0, 5))
    : undefined;
}

function hashOf(idOrAddress: string): string {
  return idOrAddress.includes('@') ? memberHash(idOrAddress) : idOrAddress;
}
