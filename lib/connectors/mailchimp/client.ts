import ApiClient from '@mailchimp/mailchimp_marketing/src/ApiClient.js';
import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import { plainPath } from '../../domain/plain-path.ts';
import type { ConnectionInput, ConnectorIo } from '../contract.ts';
import { type Config, dataCentreOf, lookbackMs, type Secret } from './config.ts';
import { translateFailure, unreadableAnswer } from './errors.ts';
import { MAX_PAGE } from './manifest.ts';
import { mergeValues } from './merge-values.ts';
import { type ReportPage, type ReportPart, reportCalls } from './reports.ts';
import { type SurveyPage, surveyCalls } from './surveys.ts';
import { vendorTime } from './vendor-time.ts';

/** Mailchimp ends a call after 120 s by itself; whoever waits longer than this is better off asking again. */
const TIMEOUT_MS = 30_000;

/** A member without what we do not read: addresses of signup, notes and the 2 kB of links that each one carries. */
const MEMBER_FIELDS = [
  'id',
  'email_address',
  'status',
  'merge_fields',
  'language',
  'location',
  'member_rating',
  'vip',
  'source',
  'stats',
  'tags',
  'timestamp_opt',
  'last_changed',
];

/** The calls we make, each one request. Every failure is a TributaryError (errors.ts). */
export interface MailchimpClient {
  /** The connection's name in the workspace. */
  readonly connection: string;
  readonly dataCentre: string;
  readonly lookbackMs: number;
  /** Requests sent so far. */
  calls(): number;
  getList(): Promise<{ readonly name: string }>;
  listMembers(query: MemberWindow): Promise<Counted>;
  /** Id, status and tags only, of everybody who is not archived, or of everybody who is. */
  listStates(query: { readonly archived: boolean; readonly offset: number }): Promise<Counted>;
  /** The member, or undefined when the list never had it or it was deleted for good. */
  getMember(hash: string): Promise<unknown>;
  listCampaigns(query: {
    readonly since: Milliseconds;
    readonly until: Milliseconds;
    readonly offset: number;
  }): Promise<CampaignPage>;
  listEmailActivity(campaign: string, query: ActivityWindow): Promise<Counted>;
  /** Reports of the list's campaigns; `total` counts those of all lists. */
  listReports(query: {
    readonly since: Milliseconds;
    readonly until: Milliseconds;
    readonly offset: number;
  }): Promise<ReportPage>;
  /** Rows of one part of a campaign's report. */
  listReportRows(
    campaign: string,
    part: ReportPart,
    query: { readonly offset: number; readonly count: number },
  ): Promise<Counted>;
  /** Surveys of the list; `total` counts those of all lists. */
  listSurveys(offset: number): Promise<SurveyPage>;
  /** Id and time of every response. Without pages: the API gives this one no `count` and no `offset`. */
  listSurveyResponses(survey: string): Promise<Counted>;
  /** A response with its answers, or undefined when it was deleted. */
  getSurveyResponse(survey: string, response: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  listTags(offset: number): Promise<{ readonly tags: readonly Tag[]; readonly total: number }>;
  createTag(name: string): Promise<Tag>;
  addToTag(tag: string, addresses: readonly string[]): Promise<TagAnswer>;
  removeFromTag(tag: string, addresses: readonly string[]): Promise<TagAnswer>;
  listMergeFields(): Promise<readonly MergeField[]>;
  /** A page of everybody who is not archived, with their merge fields. */
  listMergeValues(offset: number): Promise<Counted>;
  /**
   * Sets merge fields of a member who is there, and nothing else; resolves with all that the member holds then. `gone`: the
   * list has nobody under that id. Mailchimp passes over a tag that the list does not have.
   */
  setMergeFields(
    hash: string,
    fields: Readonly<Record<string, string | number>>,
  ): Promise<JsonObject | 'gone' | 'refused'>;
  /** Deletes a member for good. False when the list has nobody under that id. */
  deleteMember(hash: string): Promise<boolean>;
  /** Everybody who carries the tag and is not archived, with their status. */
  listTagMembers(tag: string, offset: number): Promise<TagMembersPage>;
}

export interface MemberWindow {
  /** Changed after this; undefined = ever. */
  readonly since: Milliseconds | undefined;
  readonly until: Milliseconds;
  readonly archived: boolean;
  readonly offset: number;
  readonly count: number;
}

export interface ActivityWindow {
  readonly since: Milliseconds | undefined;
  readonly offset: number;
  readonly count: number;
}

/** Items as received, and how many the query matches in all. */
export interface Counted {
  readonly items: readonly unknown[];
  readonly total: number;
}

export type MergeField = z.infer<typeof mergeField>;
export type Tag = z.infer<typeof tag>;
export type Campaign = z.infer<typeof campaign>;
export type CampaignPage = { readonly campaigns: readonly Campaign[]; readonly total: number };
export type TagAnswer = z.infer<typeof tagAnswer>;
export type TagMembersPage = { readonly members: z.infer<typeof tagMembers>; readonly total: number };

const total = z.int().min(0);
const tagMembers = z.array(z.object({ email_address: z.string(), status: z.string() }));
const tag = z.object({ id: z.int(), name: z.string() });
const mergeField = z.object({
  tag: z.string(),
  type: z.string(),
  required: z.boolean().default(false),
  options: z.object({ choices: z.array(z.string()).default([]) }).default({ choices: [] }),
});
const campaign = z.object({
  id: z.string(),
  send_time: z.string(),
  settings: z.object({ title: z.string().optional(), subject_line: z.string().optional() }).optional(),
});
const moved = z.array(z.object({ email_address: z.string(), status: z.string().optional() }));
const tagAnswer = z.object({
  members_added: moved,
  members_removed: moved,
  errors: z.array(z.object({ email_addresses: z.array(z.string()), error: z.string() })),
});

/**
 * A client of its own for one connection. The package exports one instance for the whole process, whose settings
 * every caller would share; its constructor is one path deeper.
 */
export function openMailchimp(connection: ConnectionInput<Config, Secret>, io: ConnectorIo): MailchimpClient {
  const { list } = connection.config;
  const dataCentre = dataCentreOf(connection.secret.api_key);
  const api = new ApiClient();
  // No `server` in the settings: the client replaces the first "server" anywhere in the URL by it, even in a host name.
  api.setConfig({ apiKey: connection.secret.api_key });
  api.basePath = `${plainPath(connection.endpoint ?? `https://${dataCentre}.api.mailchimp.com`)}/3.0`;
  api.timeout = TIMEOUT_MS;

  let calls = 0;
  async function call<T>(where: string, shape: z.ZodType<T>, send: () => Promise<unknown>): Promise<T> {
    if (io.signal.aborted) {
      throw new TributaryError('transient', 'mailchimp/stopped', `no time is left to ask mailchimp for ${where}`);
    }
    await io.calls.ask();
    calls += 1;
    let answer: unknown;
    try {
      answer = await send();
    } catch (thrown) {
      throw translateFailure(thrown, io.now());
    }
    const parsed = shape.safeParse(answer);
    if (!parsed.success) throw unreadableAnswer(where);
    return parsed.data;
  }

  const membersPage = z
    .object({ members: z.array(z.unknown()), total_items: total })
    .transform((page): Counted => ({ items: page.members, total: page.total_items }));

  return {
    connection: connection.name,
    dataCentre,
    lookbackMs: lookbackMs(connection.config),
    calls: () => calls,
    getList: () => call('a list', z.object({ name: z.string() }), () => api.lists.getList(list, { fields: ['name'] })),
    listMembers: (query) =>
      call('members', membersPage, () =>
        api.lists.getListMembersInfo(list, {
          fields: ['total_items', ...MEMBER_FIELDS.map((field) => `members.${field}`)],
          count: query.count,
          offset: query.offset,
          ...(query.archived ? { status: 'archived' } : {}),
          ...(query.since === undefined ? {} : { since_last_changed: vendorTime(query.since) }),
          before_last_changed: vendorTime(query.until),
          sort_field: 'last_changed',
          sort_dir: 'ASC',
        }),
      ),
    listStates: ({ archived, offset }) =>
      call('members', membersPage, () =>
        api.lists.getListMembersInfo(list, {
          fields: ['total_items', 'members.id', 'members.status', 'members.tags'],
          count: MAX_PAGE,
          offset,
          ...(archived ? { status: 'archived' } : {}),
          sort_field: 'last_changed',
          sort_dir: 'ASC',
        }),
      ),
    getMember: async (hash) => {
      try {
        return await call('a member', z.looseObject({ id: z.string() }), () =>
          api.lists.getListMember(list, hash, { fields: MEMBER_FIELDS }),
        );
      } catch (thrown) {
        // 404 is the answer about somebody the list does not have, not a failure.
        if (thrown instanceof TributaryError && thrown.code === 'mailchimp/not-found') return undefined;
        throw thrown;
      }
    },
    listCampaigns: ({ since, until, offset }) =>
      call(
        'campaigns',
        z
          .object({ campaigns: z.array(campaign), total_items: total })
          .transform((page): CampaignPage => ({ campaigns: page.campaigns, total: page.total_items })),
        () =>
          api.campaigns.list({
            fields: [
              'total_items',
              ...['id', 'send_time', 'settings.title', 'settings.subject_line'].map((field) => `campaigns.${field}`),
            ],
            count: MAX_PAGE,
            offset,
            status: 'sent',
            list_id: list,
            since_send_time: vendorTime(since),
            before_send_time: vendorTime(until),
            sort_field: 'send_time',
            sort_dir: 'ASC',
          }),
      ),
    listEmailActivity: (id, { since, offset, count }) =>
      call(
        'email activity',
        z
          .object({ emails: z.array(z.unknown()), total_items: total })
          .transform((page): Counted => ({ items: page.emails, total: page.total_items })),
        () =>
          api.reports.getEmailActivityForCampaign(id, {
            fields: ['total_items', ...['email_id', 'email_address', 'activity'].map((field) => `emails.${field}`)],
            count,
            offset,
            ...(since === undefined ? {} : { since: vendorTime(since) }),
          }),
      ),
    ...reportCalls(api.reports, list, call),
    ...surveyCalls(api.reporting, list, call),
    listTags: (offset) =>
      call(
        'tags',
        z
          .object({ segments: z.array(tag), total_items: total })
          .transform((page) => ({ tags: page.segments, total: page.total_items })),
        () =>
          api.lists.listSegments(list, {
            fields: ['total_items', 'segments.id', 'segments.name'],
            count: MAX_PAGE,
            offset,
            type: 'static',
          }),
      ),
    createTag: (name) => call('a new tag', tag, () => api.lists.createSegment(list, { name, static_segment: [] })),
    addToTag: (id, addresses) =>
      call('a changed tag', tagAnswer, () => api.lists.batchSegmentMembers({ members_to_add: addresses }, list, id)),
    removeFromTag: (id, addresses) =>
      call('a changed tag', tagAnswer, () => api.lists.batchSegmentMembers({ members_to_remove: addresses }, list, id)),
    listMergeFields: () =>
      call(
        'merge fields',
        z.object({ merge_fields: z.array(mergeField) }).transform(({ merge_fields }) => merge_fields),
        () =>
          api.lists.getListMergeFields(list, {
            fields: ['tag', 'type', 'required', 'options'].map((field) => `merge_fields.${field}`),
            count: MAX_PAGE,
          }),
      ),
    listMergeValues: (offset) =>
      call('members', membersPage, () =>
        api.lists.getListMembersInfo(list, {
          fields: ['total_items', ...['email_address', 'status', 'merge_fields'].map((field) => `members.${field}`)],
          count: MAX_PAGE,
          offset,
          sort_field: 'last_changed',
          sort_dir: 'ASC',
        }),
      ),
    setMergeFields: async (hash, fields) => {
      try {
        const changed = await call('a changed member', z.object({ merge_fields: mergeValues }), () =>
          // Other fields that are required and empty are not this push's matter.
          api.lists.updateListMember(
            list,
            hash,
            { merge_fields: fields },
            { fields: ['merge_fields'], skip_merge_validation: true },
          ),
        );
        return changed.merge_fields;
      } catch (thrown) {
        if (!(thrown instanceof TributaryError)) throw thrown;
        if (thrown.code === 'mailchimp/not-found') return 'gone';
        // The request is about one member: what is refused of it is theirs, and no reason to stop the others.
        if (thrown.code === 'mailchimp/request-refused') return 'refused';
        throw thrown;
      }
    },
    deleteMember: async (hash) => {
      try {
        await call('a deletion', z.unknown(), () => api.lists.deleteListMemberPermanent(list, hash));
        return true;
      } catch (thrown) {
        if (thrown instanceof TributaryError && thrown.code === 'mailchimp/not-found') return false;
        throw thrown;
      }
    },
    listTagMembers: (id, offset) =>
      call(
        'members of a tag',
        z
          .object({ members: tagMembers, total_items: total })
          .transform((page) => ({ members: page.members, total: page.total_items })),
        () =>
          api.lists.getSegmentMembersList(list, id, {
            fields: ['total_items', 'members.email_address', 'members.status'],
            count: MAX_PAGE,
            offset,
            // By default those who cannot be mailed are left out.
            include_cleaned: true,
            include_transactional: true,
            include_unsubscribed: true,
          }),
      ),
  };
}
