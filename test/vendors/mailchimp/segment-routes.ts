import type { Json, JsonObject } from '../../../lib/domain/json.ts';
import type { SimList, SimSegment } from './list.ts';
import { memberHash, vendorTime } from './member.ts';
import { show } from './member-routes.ts';
import { problems } from './problem.ts';
import { choiceAt, pageOf } from './query.ts';
import type { Route } from './route.ts';

const MOST_AT_ONCE = 500;

/** Tags, which are static segments: finding, making and filling them. */
export const segmentRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/lists\/([^/]+)\/segments$/,
    run: ({ list, query }) => {
      const type = choiceAt(query, 'type', ['static', 'saved', 'fuzzy']);
      const found = [...list().segments.values()].filter((segment) => type === undefined || segment.type === type);
      const { offset, count } = pageOf(query);
      return {
        segments: found.slice(offset, offset + count).map((segment) => showSegment(list(), segment)),
        list_id: list().id,
        total_items: found.length,
        _links: [],
      };
    },
  },
  {
    method: 'POST',
    path: /^\/lists\/([^/]+)\/segments$/,
    run: ({ list, body }) => {
      if (typeof body.name !== 'string' || body.name === '') {
        throw problems.invalid('The resource submitted could not be validated.', [
          { field: 'name', message: 'This value should not be blank.' },
        ]);
      }
      const addresses = addressesAt(body, 'static_segment');
      if (addresses === undefined && body.options === undefined) throw problems.noSegmentKind();
      const segment = list().addSegment(body.name, addresses === undefined ? 'saved' : 'static');
      for (const address of addresses ?? []) {
        const member = list().members.get(memberHash(address));
        if (member !== undefined) list().tag(member, segment);
      }
      return showSegment(list(), segment);
    },
  },
  {
    method: 'GET',
    path: /^\/lists\/([^/]+)\/segments\/([^/]+)$/,
    run: ({ list, part }) => showSegment(list(), list().segmentById(part(2))),
  },
  {
    method: 'DELETE',
    path: /^\/lists\/([^/]+)\/segments\/([^/]+)$/,
    run: ({ list, part }) => {
      list().dropSegment(list().segmentById(part(2)));
    },
  },
  {
    method: 'POST',
    path: /^\/lists\/([^/]+)\/segments\/([^/]+)$/,
    run: ({ list, part, body, partially, tagsAnyone }) => {
      const add = addressesAt(body, 'members_to_add') ?? [];
      const remove = addressesAt(body, 'members_to_remove') ?? [];
      if (add.length > MOST_AT_ONCE || remove.length > MOST_AT_ONCE) {
        throw problems.invalid(`A maximum of ${MOST_AT_ONCE} members can be sent.`);
      }
      const answer = list().batch(part(2), add, remove, { only: partially(add.length + remove.length), tagsAnyone });
      return {
        members_added: answer.added.map((member) => show(list(), member)),
        members_removed: answer.removed.map((member) => show(list(), member)),
        errors: answer.errors as unknown as Json,
        total_added: answer.added.length,
        total_removed: answer.removed.length,
        error_count: answer.errors.length,
        _links: [],
      };
    },
  },
  {
    method: 'PATCH',
    path: /^\/lists\/([^/]+)\/segments\/([^/]+)$/,
    // Replaces the whole membership: the trap that a connector must stay away from.
    run: ({ list, part, body }) => {
      const segment = list().segmentById(part(2));
      const keep = new Set((addressesAt(body, 'static_segment') ?? []).map(memberHash));
      for (const member of list().members.values()) {
        if (keep.has(member.id)) list().tag(member, segment);
        else member.tags.delete(segment.id);
      }
      return showSegment(list(), segment);
    },
  },
  {
    method: 'GET',
    path: /^\/lists\/([^/]+)\/segments\/([^/]+)\/members$/,
    run: ({ list, part, query }) => {
      const segment = list().segmentById(part(2));
      const hidden = ['cleaned', 'transactional', 'unsubscribed'].filter(
        (status) => query.get(`include_${status}`) !== 'true',
      );
      const found = [...list().members.values()].filter(
        ({ tags, status }) => tags.has(segment.id) && status !== 'archived' && !hidden.includes(status),
      );
      const { offset, count } = pageOf(query);
      return {
        members: found.slice(offset, offset + count).map((member) => show(list(), member)),
        total_items: found.length,
        _links: [],
      };
    },
  },
];

function showSegment(list: SimList, segment: SimSegment): JsonObject {
  let count = 0;
  for (const { tags, status } of list.members.values()) if (tags.has(segment.id) && status === 'subscribed') count += 1;
  return {
    id: segment.id,
    name: segment.name,
    member_count: count,
    type: segment.type,
    created_at: vendorTime(segment.createdAt),
    updated_at: vendorTime(segment.updatedAt),
    list_id: list.id,
    _links: [],
  };
}

function addressesAt(body: JsonObject, name: string): readonly string[] | undefined {
  const list = body[name];
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : undefined;
}
