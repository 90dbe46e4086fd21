import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../../lib/domain/json.ts';
import type { Simulator } from '../../conformance/scenario.ts';
import { type CampaignInput, makeCampaign, type SimAct, type SimCampaign } from './campaign.ts';
import type { Fault } from './faults.ts';
import { type Actor, type Happening, type MemberInput, makeList, type SimList, type SimMergeField } from './list.ts';
import { memberHash, type SimMember, type Status } from './member.ts';
import { type HeardCall, makeServer } from './server.ts';
import type { ResponseInput, SimSurvey } from './survey.ts';
import { makeWebhookSender } from './webhook-sender.ts';

export interface MailchimpOptions {
  readonly now: () => Date;
  /** Ends in the data centre. Default `DEFAULT_KEY`. */
  readonly apiKey?: string;
  readonly faults?: readonly Fault[];
  /** Default: any free port of the loopback interface. */
  readonly port?: number;
}

/** A Mailchimp account on a loopback port: what the API does, and what people do in it. */
export interface Mailchimp extends Simulator {
  readonly apiKey: string;
  /** Every request that came, oldest first. */
  readonly calls: readonly HeardCall[];
  /** Push to make the next matching request go wrong. */
  readonly faults: Fault[];
  addList(list: { readonly id: string; readonly name?: string }): void;
  /** Adds a merge field to a list, or deletes one and what members held in it. */
  addMergeField(listId: string, field: SimMergeField): void;
  dropMergeField(listId: string, tag: string): void;
  /** Makes or changes a member, as the person (default) or an administrator would. */
  putMember(listId: string, member: MemberInput, by?: Actor): void;
  setStatus(listId: string, email: string, status: Status, by?: Actor): void;
  changeAddress(listId: string, from: string, to: string): void;
  deletePermanently(listId: string, email: string): void;
  /** Puts a tag on a member, as somebody in the app would; makes the tag if there is none. */
  tag(listId: string, email: string, tag: string): void;
  untag(listId: string, email: string, tag: string): void;
  /** Deletes a tag in the app: nobody carries it any more. */
  deleteTag(listId: string, tag: string): void;
  /** Lays `patch` over every answer about the member, which makes the record unreadable. */
  corrupt(listId: string, email: string, patch: JsonObject): void;
  member(listId: string, email: string): Readonly<SimMember> | undefined;
  members(listId: string): readonly Readonly<SimMember>[];
  /** Addresses that carry the tag, lower-cased and sorted; by default of those who are subscribed. */
  tagged(listId: string, tag: string, options?: { readonly anyStatus?: boolean }): readonly string[];
  addSavedSegment(listId: string, name: string): string;
  /** Sends a campaign; returns its id. */
  sendCampaign(listId: string, campaign?: CampaignInput): string;
  deleteCampaign(campaign: string): void;
  open(campaign: string, email: string, at?: Date): void;
  click(campaign: string, email: string, url: string, at?: Date): void;
  bounce(campaign: string, email: string, type: 'hard' | 'soft', at?: Date): void;
  /** Somebody unsubscribes by a campaign's link; the report tells why, in the words they chose. */
  unsubscribe(campaign: string, email: string, reason?: string, at?: Date): void;
  /** Somebody calls a campaign spam. */
  complain(campaign: string, email: string, at?: Date): void;
  /** Any other action, such as one that the reference does not list. */
  act(campaign: string, email: string, action: string, at?: Date): void;
  /** Publishes a survey; returns its id. */
  addSurvey(listId: string, survey?: { readonly id?: string; readonly title?: string }): string;
  deleteSurvey(survey: string): void;
  /** Somebody answers a survey; returns the id of the response. */
  answerSurvey(survey: string, response: ResponseInput): string;
  deleteResponse(survey: string, response: string): void;
  /** Has the URL checked and then told of what people do to the list. Throws when the check fails. */
  addWebhook(listId: string, url: string, options?: { readonly sources?: readonly Actor[] }): Promise<void>;
  /** Waits until no delivery is on its way. */
  settleWebhooks(): Promise<void>;
  /** Sends again what is due; returns how many. */
  retryWebhooks(): Promise<number>;
  nextWebhookRetryAt(): Date | undefined;
}

/** The key of a simulator that was not given one. */
export const DEFAULT_KEY = '00112233445566778899aabbccddeeff-us6';

/** Starts a simulated Mailchimp. Sources of its behaviour stand at each quirk. */
export async function startMailchimp(options: MailchimpOptions): Promise<Mailchimp> {
  const now = () => options.now().getTime();
  const apiKey = options.apiKey ?? DEFAULT_KEY;
  const lists = new Map<string, SimList>();
  const campaigns = new Map<string, SimCampaign>();
  const surveys = new Map<string, SimSurvey>();
  const webhooks = makeWebhookSender(now);
  const faults: Fault[] = [...(options.faults ?? [])];
  let lastId = 3_730_000;
  const nextId = () => ++lastId;
  const server = makeServer({ apiKey, lists, campaigns, surveys, webhooks, faults, nextId, now });

  function listNamed(id: string): SimList {
    const list = lists.get(id);
    if (list === undefined) throw new Error(`the simulated account has no list ${id}`);
    return list;
  }

  function act(campaign: string, email: string, at: Date | undefined, what: Omit<SimAct, 'at'>): void {
    const recipient = campaigns.get(campaign)?.recipients.get(memberHash(email));
    if (recipient === undefined) throw new Error(`campaign ${campaign} was not sent to that address`);
    recipient.acts.push({ ...what, at: Math.floor((at?.getTime() ?? now()) / 1000) * 1000 });
  }

  /** A recipient of a campaign, and the second in which they do something. */
  function leaving(campaign: string, email: string, at: Date | undefined): { of: SimCampaign; at: number } {
    const of = campaigns.get(campaign);
    if (of?.recipients.has(memberHash(email)) !== true) throw new Error(`campaign ${campaign} was not sent there`);
    return { of, at: Math.floor((at?.getTime() ?? now()) / 1000) * 1000 };
  }

  await new Promise<void>((resolve, reject) => {
    server.http.once('error', reject);
    server.http.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.http.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    apiKey,
    calls: server.calls,
    faults,
    addList({ id, name = `List ${id}` }) {
      const tell = (listId: string, happening: Happening) => webhooks.announce(listId, happening);
      lists.set(id, makeList(id, name, now, nextId, tell));
    },
    addMergeField: (id, field) => void listNamed(id).mergeFields.set(field.tag, field),
    dropMergeField(id, tag) {
      listNamed(id).mergeFields.delete(tag);
      for (const member of listNamed(id).members.values()) delete member.mergeFields[tag];
    },
    putMember: (id, member, by = 'user') => void listNamed(id).put(member, by),
    setStatus: (id, email, status, by = 'user') => void listNamed(id).put({ email, status }, by),
    changeAddress: (id, from, to) => void listNamed(id).changeAddress(from, to, 'user'),
    deletePermanently: (id, email) => listNamed(id).deletePermanently(memberHash(email), 'admin'),
    tag: (id, email, tag) => {
      const list = listNamed(id);
      list.tag(list.need(memberHash(email)), list.tagNamed(tag));
    },
    untag: (id, email, tag) => {
      const list = listNamed(id);
      list.untag(list.need(memberHash(email)), list.tagNamed(tag));
    },
    deleteTag: (id, tag) => {
      const list = listNamed(id);
      list.dropSegment(list.tagNamed(tag));
    },
    corrupt: (id, email, patch) => listNamed(id).corrupt(email, patch),
    member: (id, email) => listNamed(id).members.get(memberHash(email)),
    members: (id) => [...listNamed(id).members.values()],
    tagged(id, tag, { anyStatus = false } = {}) {
      const list = listNamed(id);
      const segment = [...list.segments.values()].find(({ type, name }) => type === 'static' && name === tag);
      if (segment === undefined) return [];
      return [...list.members.values()]
        .filter(({ tags, status }) => tags.has(segment.id) && (anyStatus || status === 'subscribed'))
        .map(({ email }) => email.toLowerCase())
        .sort();
    },
    addSavedSegment: (id, name) => String(listNamed(id).addSegment(name, 'saved').id),
    sendCampaign(listId, input = {}) {
      const id = input.id ?? `campaign${nextId()}`;
      const subscribed = [...listNamed(listId).members.values()].filter(({ status }) => status === 'subscribed');
      const recipients = input.recipients ?? subscribed.map(({ email }) => email);
      const sentAt = Math.floor((input.sentAt?.getTime() ?? now()) / 1000) * 1000;
      campaigns.set(id, makeCampaign(id, listId, sentAt, input, recipients));
      return id;
    },
    deleteCampaign: (campaign) => void campaigns.delete(campaign),
    open: (campaign, email, at) => act(campaign, email, at, { action: 'open' }),
    click: (campaign, email, url, at) => act(campaign, email, at, { action: 'click', url }),
    bounce: (campaign, email, type, at) => act(campaign, email, at, { action: 'bounce', type }),
    unsubscribe(campaign, email, reason = 'None given', when) {
      const { of, at } = leaving(campaign, email, when);
      of.leavers.push({ email, at, reason });
      lists.get(of.listId)?.put({ email, status: 'unsubscribed', at: new Date(at) }, 'user');
    },
    complain(campaign, email, when) {
      const { of, at } = leaving(campaign, email, when);
      of.complaints.push({ id: nextId(), email, at });
    },
    act: (campaign, email, action, at) => act(campaign, email, at, { action }),
    addSurvey(listId, { id = `survey${nextId()}`, title = `Survey ${id}` } = {}) {
      const { name: listName } = listNamed(listId);
      surveys.set(id, { id, webId: nextId(), listId, listName, title, publishedAt: now(), responses: new Map() });
      return id;
    },
    deleteSurvey: (survey) => void surveys.delete(survey),
    answerSurvey(survey, { id = `response${nextId()}`, at, ...told }) {
      const second = Math.floor((at?.getTime() ?? now()) / 1000) * 1000;
      surveys.get(survey)?.responses.set(id, { ...told, id, at: second });
      return id;
    },
    deleteResponse: (survey, response) => void surveys.get(survey)?.responses.delete(response),
    async addWebhook(listId, url, { sources = ['user', 'admin'] } = {}) {
      if (!(await webhooks.validate(url))) throw new Error('the webhook URL did not answer the check with 200');
      const events = new Set(['subscribe', 'unsubscribe', 'profile', 'cleaned', 'upemail']);
      webhooks.hooks.push({ id: `hook${nextId()}`, listId, url, events, sources: new Set(sources), disabled: false });
    },
    settleWebhooks: webhooks.settle,
    retryWebhooks: webhooks.retryDue,
    nextWebhookRetryAt: webhooks.nextRetryAt,
    async close() {
      await webhooks.settle();
      await server.close();
    },
  };
}
