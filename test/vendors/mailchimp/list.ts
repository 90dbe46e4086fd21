import type { Json, JsonObject } from '../../../lib/domain/json.ts';
import { memberHash, type SimMember, type Status } from './member.ts';
import { forgottenSentence, problems } from './problem.ts';

/** A tag is a static segment; a saved segment has conditions and can hold nobody by hand. */
export interface SimSegment {
  readonly id: number;
  readonly name: string;
  readonly type: 'static' | 'saved';
  readonly createdAt: number;
  updatedAt: number;
}

/** A merge field of a list: the tags that every list has, and those that somebody added. */
export interface SimMergeField {
  readonly tag: string;
  readonly type: 'text' | 'number' | 'address' | 'phone' | 'date' | 'radio' | 'dropdown';
  readonly required?: true;
  readonly choices?: readonly string[];
}

/** What may be said about a member. What is left out stays, or gets the default when the member is new. */
export interface MemberInput {
  readonly email: string;
  readonly status?: Status;
  readonly merge?: Readonly<Record<string, Json>>;
  readonly tags?: readonly string[];
  readonly language?: string;
  readonly country?: string;
  readonly rating?: number;
  readonly vip?: boolean;
  readonly source?: string;
  /** When the last change happened; default now. For filling a list with a past. */
  readonly at?: Date;
}

/** What happened to a member, for the webhooks. */
export interface Happening {
  readonly type: 'subscribe' | 'unsubscribe' | 'profile' | 'cleaned' | 'upemail';
  readonly member: SimMember;
  readonly by: Actor;
  readonly formerEmail?: string;
  readonly deleted?: boolean;
}

/** Which event tells of a member's new status; the others tell nobody. */
const EVENT_OF: Readonly<Partial<Record<Status, Happening['type']>>> = {
  subscribed: 'subscribe',
  unsubscribed: 'unsubscribe',
  archived: 'unsubscribe',
  cleaned: 'cleaned',
};

/** Who made a change: the person, somebody in the Mailchimp app, or a program. */
export type Actor = 'user' | 'admin' | 'api';

export interface BatchAnswer {
  readonly added: readonly SimMember[];
  readonly removed: readonly SimMember[];
  readonly errors: readonly { readonly email_addresses: readonly string[]; readonly error: string }[];
}

/** How a batch is carried out: which addresses of it, and whether a status keeps anybody out. */
export interface BatchRules {
  readonly only: (email: string) => boolean;
  readonly tagsAnyone: boolean;
}

/** One list ("audience" in Mailchimp's words): its members, tags and rules. */
export type SimList = ReturnType<typeof makeList>;

export function makeList(
  id: string,
  name: string,
  now: () => number,
  nextId: () => number,
  happened: (listId: string, happening: Happening) => void,
) {
  const members = new Map<string, SimMember>();
  const segments = new Map<number, SimSegment>();
  const forgotten = new Set<string>();
  const mergeFields = new Map<string, SimMergeField>(
    (['FNAME', 'LNAME'] as const).map((tag) => [tag, { tag, type: 'text' }]),
  );
  mergeFields.set('ADDRESS', { tag: 'ADDRESS', type: 'address' });
  mergeFields.set('PHONE', { tag: 'PHONE', type: 'phone' });
  let order: readonly SimMember[] | undefined;

  function second(at = now()): number {
    return Math.floor(at / 1000) * 1000;
  }

  /** Applies a change. `last_changed` moves only if something did change, and by whole seconds (API reference). */
  function put(input: MemberInput, by: Actor): SimMember {
    const hash = memberHash(input.email);
    const at = second(input.at?.getTime());
    const held = members.get(hash);
    if (held === undefined) {
      const made = enrol(input, at);
      if (made.status === 'subscribed') happened(id, { type: 'subscribe', member: made, by });
      return made;
    }
    const before = JSON.stringify({ ...held, tags: [...held.tags].sort(), lastChanged: 0 });
    const was = held.status;
    if (input.merge !== undefined) held.mergeFields = { ...held.mergeFields, ...input.merge };
    held.language = input.language ?? held.language;
    held.countryCode = input.country ?? held.countryCode;
    held.rating = input.rating ?? held.rating;
    held.vip = input.vip ?? held.vip;
    if (input.tags !== undefined) held.tags = new Set(input.tags.map((tag) => tagNamed(tag).id));
    if (input.status !== undefined && input.status !== was) {
      held.status = input.status;
      if (input.status === 'subscribed') held.timestampOpt = at;
      held.unsubscribeReason = input.status === 'unsubscribed' ? `N/A (Unsubscribed by ${by})` : undefined;
    }
    if (JSON.stringify({ ...held, tags: [...held.tags].sort(), lastChanged: 0 }) === before) return held;
    touch(held, at);
    announce(held, was, by);
    return held;
  }

  function enrol(input: MemberInput, at: number): SimMember {
    const status = input.status ?? 'subscribed';
    const member: SimMember = {
      id: memberHash(input.email),
      email: input.email,
      status,
      mergeFields: { ...input.merge },
      language: input.language ?? '',
      countryCode: input.country ?? '',
      rating: input.rating ?? 2,
      vip: input.vip ?? false,
      source: input.source ?? 'Admin Add',
      tags: new Set((input.tags ?? []).map((tag) => tagNamed(tag).id)),
      timestampSignup: undefined,
      timestampOpt: status === 'subscribed' ? at : undefined,
      lastChanged: at,
      unsubscribeReason: undefined,
      webId: nextId(),
      corruption: undefined,
    };
    members.set(member.id, member);
    order = undefined;
    return member;
  }

  function announce(member: SimMember, was: Status, by: Actor): void {
    const type = member.status === was ? 'profile' : EVENT_OF[member.status];
    if (type !== undefined) happened(id, { type, member, by, deleted: member.status === 'archived' });
  }

  function touch(member: SimMember, at = second()): void {
    member.lastChanged = at;
    order = undefined;
  }

  /** What a program may do to a status; a person with a form may do more (recorded refusals in problem.ts). */
  function putByApi(input: MemberInput, statusIfNew: Status | undefined): SimMember {
    const hash = memberHash(input.email);
    if (forgotten.has(hash)) throw problems.forgotten(input.email);
    const held = members.get(hash);
    if (held === undefined || held.status === 'archived') {
      const status = input.status ?? statusIfNew;
      if (status === undefined)
        throw problems.invalid('The resource submitted could not be validated.', [
          { field: 'status', message: 'Data did not match any of the schemas' },
        ]);
      return put({ ...input, status }, 'api');
    }
    const barred = held.status === 'unsubscribed' || held.status === 'cleaned';
    if (barred && input.status === 'subscribed') throw problems.compliance(input.email);
    return put(input, 'api');
  }

  function archive(hash: string, by: Actor): void {
    const member = need(hash);
    if (['archived', 'pending', 'cleaned'].includes(member.status)) throw problems.notRemovable();
    put({ email: member.email, status: 'archived' }, by);
  }

  function deletePermanently(hash: string, by: Actor): void {
    const member = need(hash);
    members.delete(hash);
    forgotten.add(hash);
    order = undefined;
    happened(id, { type: 'unsubscribe', member, by, deleted: true });
  }

  /** The member keeps everything but its id, which is made from the address. */
  function changeAddress(from: string, to: string, by: Actor): SimMember {
    const member = need(memberHash(from));
    if (members.has(memberHash(to))) throw problems.exists(to);
    members.delete(member.id);
    const formerEmail = member.email;
    member.email = to;
    member.id = memberHash(to);
    members.set(member.id, member);
    touch(member);
    happened(id, { type: 'upemail', member, by, formerEmail });
    return member;
  }

  function need(hash: string): SimMember {
    const member = members.get(hash);
    if (member === undefined) throw problems.notFound();
    return member;
  }

  function tagNamed(name_: string): SimSegment {
    for (const segment of segments.values()) if (segment.type === 'static' && segment.name === name_) return segment;
    return addSegment(name_, 'static');
  }

  function addSegment(name_: string, type: SimSegment['type']): SimSegment {
    const segment: SimSegment = { id: nextId(), name: name_, type, createdAt: second(), updatedAt: second() };
    segments.set(segment.id, segment);
    return segment;
  }

  function segmentById(segmentId: string): SimSegment {
    const segment = segments.get(Number(segmentId));
    if (segment === undefined) throw problems.notFound();
    return segment;
  }

  /**
   * Adds to and removes from a static segment by address. Addresses that are not on the list are ignored (API
   * reference, "Batch add or remove members"), and so is who is there already. Members who are not subscribed come
   * back in `errors`, which hitobito/hitobito#3171 had to learn to ignore; the sentences are not published.
   */
  function batch(segmentId: string, add: readonly string[], remove: readonly string[], how: BatchRules): BatchAnswer {
    const segment = segments.get(Number(segmentId));
    if (segment?.type !== 'static') throw problems.noStaticSegment(segmentId);
    const added: SimMember[] = [];
    const removed: SimMember[] = [];
    const errors: { email_addresses: string[]; error: string }[] = [];
    const barred: string[] = [];
    for (const email of add.filter(how.only)) {
      const hash = memberHash(email);
      const member = members.get(hash);
      // That this call repeats the sentence known from adding a member is an assumption.
      if (forgotten.has(hash)) errors.push({ email_addresses: [email], error: forgottenSentence(email) });
      else if (member !== undefined && member.status !== 'subscribed' && !how.tagsAnyone) barred.push(email);
      else if (member !== undefined && !member.tags.has(segment.id)) added.push(tagged(member, segment));
    }
    if (barred.length > 0)
      errors.push({ email_addresses: barred, error: 'Email addresses could not be added to the segment.' });
    for (const email of remove.filter(how.only)) {
      const member = members.get(memberHash(email));
      if (member !== undefined && untag(member, segment)) removed.push(member);
    }
    if (added.length + removed.length > 0) segment.updatedAt = second();
    return { added, removed, errors };
  }

  function tagged(member: SimMember, segment: SimSegment): SimMember {
    member.tags.add(segment.id);
    touch(member);
    return member;
  }

  function untag(member: SimMember, segment: SimSegment): boolean {
    if (!member.tags.delete(segment.id)) return false;
    touch(member);
    return true;
  }

  /** With the tag goes its mark on every member. Whether that moves their `last_changed` is not documented: it does not here. */
  function dropSegment(segment: SimSegment): void {
    segments.delete(segment.id);
    for (const member of members.values()) member.tags.delete(segment.id);
  }

  /** Everybody by `last_changed`, then in the order of joining. Sorted again only after a change. */
  function byLastChanged(): readonly SimMember[] {
    order ??= [...members.values()].sort((a, b) => a.lastChanged - b.lastChanged || a.webId - b.webId);
    return order;
  }

  function corrupt(email: string, patch: JsonObject): void {
    need(memberHash(email)).corruption = patch;
  }

  return {
    id,
    name,
    members,
    segments,
    forgotten,
    mergeFields,
    put,
    putByApi,
    archive,
    deletePermanently,
    changeAddress,
    need,
    tagNamed,
    addSegment,
    segmentById,
    batch,
    tag: (member: SimMember, segment: SimSegment) => void tagged(member, segment),
    untag: (member: SimMember, segment: SimSegment) => void untag(member, segment),
    dropSegment,
    byLastChanged,
    corrupt,
    tagName: (segmentId: number) => segments.get(segmentId)?.name,
  };
}
