import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../../../lib/domain/json.ts';

export type Status = 'subscribed' | 'unsubscribed' | 'cleaned' | 'pending' | 'transactional' | 'archived';

/** A list member as the simulator keeps it. Times are milliseconds at whole seconds. */
export interface SimMember {
  id: string;
  email: string;
  status: Status;
  mergeFields: Record<string, Json>;
  language: string;
  countryCode: string;
  rating: number;
  vip: boolean;
  source: string;
  tags: Set<number>;
  timestampSignup: number | undefined;
  timestampOpt: number | undefined;
  lastChanged: number;
  unsubscribeReason: string | undefined;
  /** Order of joining, which also breaks ties of `last_changed`. */
  readonly webId: number;
  /** Laid over every answer about the member: how a record that cannot be read comes to be. */
  corruption: JsonObject | undefined;
}

/** The id of a member is the MD5 of its lower-cased address (API reference, `subscriber_hash`). */
export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

export function memberHash(email: string): string {
  return md5(email.toLowerCase());
}

/** Instants are written with an offset and without fractions; what is not set is an empty string. */
export function vendorTime(at: number | undefined): string {
  return at === undefined || Number.isNaN(at) ? '' : `${new Date(at).toISOString().slice(0, 19)}+00:00`;
}

/** A member as the API shows it (recorded 2026, API 3.0.80). */
export function showMember(
  member: SimMember,
  listId: string,
  tagName: (id: number) => string | undefined,
  mergeTags: Iterable<string>,
): JsonObject {
  const { FNAME = '', LNAME = '' } = member.mergeFields;
  const tags = [...member.tags].flatMap((id) => {
    const name = tagName(id);
    return name === undefined ? [] : [{ id, name }];
  });
  return {
    id: member.id,
    email_address: member.email,
    unique_email_id: md5(`unique ${member.webId}`).slice(0, 10),
    contact_id: md5(`contact ${member.webId}`),
    full_name: `${String(FNAME)} ${String(LNAME)}`.trim(),
    web_id: member.webId,
    email_type: 'html',
    status: member.status,
    ...(member.unsubscribeReason === undefined ? {} : { unsubscribe_reason: member.unsubscribeReason }),
    consents_to_one_to_one_messaging: true,
    merge_fields: { ...Object.fromEntries([...mergeTags].map((tag) => [tag, ''])), ...member.mergeFields },
    stats: { avg_open_rate: 0, avg_click_rate: 0 },
    ip_signup: '',
    timestamp_signup: vendorTime(member.timestampSignup),
    ip_opt: '203.0.113.9',
    timestamp_opt: vendorTime(member.timestampOpt),
    member_rating: member.rating,
    last_changed: vendorTime(member.lastChanged),
    language: member.language,
    vip: member.vip,
    email_client: '',
    location: {
      latitude: 0,
      longitude: 0,
      gmtoff: 0,
      dstoff: 0,
      country_code: member.countryCode,
      timezone: '',
      region: '',
    },
    source: member.source,
    tags_count: tags.length,
    tags,
    list_id: listId,
    _links: [{ rel: 'self', href: `/3.0/lists/${listId}/members/${member.id}`, method: 'GET' }],
    ...member.corruption,
  };
}
