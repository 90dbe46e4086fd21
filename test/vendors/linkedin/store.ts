import { randomUUID } from 'node:crypto';

/** A question of a form: one of LinkedIn's own by its field, or one that the form's owner made up. */
export interface SimQuestion {
  readonly name: string;
  readonly predefinedField?: string;
  readonly options?: readonly string[];
}

export interface SimForm {
  readonly id: string;
  readonly name: string;
  readonly questions: readonly (SimQuestion & { readonly id: number })[];
  readonly hiddenFields: Readonly<Record<string, string>>;
}

export interface SimLead {
  readonly id: string;
  readonly form: string;
  readonly at: number;
  readonly person: string | undefined;
  /** By the question's name. */
  readonly answers: Readonly<Record<string, string | readonly number[]>>;
  readonly accepted: readonly boolean[];
  readonly test: boolean;
  /** What answers hold in place of the real fields: a record that nobody can read. */
  damage: Readonly<Record<string, unknown>> | undefined;
}

export type SimAction =
  | 'LIKE'
  | 'COMMENT'
  | 'SHARE'
  | 'SHARE_MENTION'
  | 'ADMIN_COMMENT'
  | 'COMMENT_EDIT'
  | 'COMMENT_DELETE';

export interface SimNotification {
  readonly id: number;
  readonly at: number;
  readonly action: SimAction;
  readonly fields: Readonly<Record<string, unknown>>;
  damage: Readonly<Record<string, unknown>> | undefined;
}

/** What webhooks tell: a body, without its signature. */
export type Told =
  | { readonly type: 'LEAD_ACTION'; readonly body: object }
  | { readonly type: 'ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS'; readonly notification: object };

export interface When {
  readonly at?: Date;
}

/** What people do on one page and with the forms of one ad account. */
export interface LinkedinStore {
  readonly adAccount: string;
  readonly organization: string;
  readonly forms: ReadonlyMap<string, SimForm>;
  readonly leads: ReadonlyMap<string, SimLead>;
  readonly notifications: ReadonlyMap<number, SimNotification>;
  createForm(name: string, questions: readonly SimQuestion[], hiddenFields?: Readonly<Record<string, string>>): string;
  submit(
    form: string,
    answers: SimLead['answers'],
    options?: When & { readonly person?: string; readonly accepted?: readonly boolean[]; readonly test?: boolean },
  ): string;
  deleteLead(id: string): void;
  /** Something that somebody (a person's id, or a URN of another kind) did with a post of the page. */
  act(action: SimAction, by: string, options?: When & { readonly text?: string; readonly post?: string }): number;
  /** Makes the notification unreadable. */
  damageNotification(id: number, fields: Readonly<Record<string, unknown>>): void;
  damageLead(id: string, fields: Readonly<Record<string, unknown>>): void;
  whenTold(listener: (told: Told) => void): void;
}

const SUBSCRIBER = 'urn:li:person:sUbScr1ber';

export function createStore(now: () => Date, of: Pick<LinkedinStore, 'adAccount' | 'organization'>): LinkedinStore {
  const forms = new Map<string, SimForm>();
  const leads = new Map<string, SimLead>();
  const notifications = new Map<number, SimNotification>();
  const listeners: ((told: Told) => void)[] = [];
  const organizationUrn = `urn:li:organization:${of.organization}`;
  let lastId = 7_234_245;
  const nextId = (): number => {
    lastId += 1;
    return lastId;
  };
  const tell = (told: Told): void => {
    for (const listener of listeners) listener(told);
  };
  const tellLead = ({ id, form }: SimLead, leadAction: 'CREATED' | 'DELETED', at: number): void =>
    tell({
      type: 'LEAD_ACTION',
      body: {
        type: 'LEAD_ACTION',
        leadGenFormResponse: `urn:li:leadGenFormResponse:${id}`,
        leadGenForm: `urn:li:versionedLeadGenForm:(urn:li:leadGenForm:${form},1)`,
        owner: { sponsoredAccount: `urn:li:sponsoredAccount:${of.adAccount}` },
        leadType: 'SPONSORED',
        leadAction,
        occurredAt: at,
      },
    });

  return {
    ...of,
    forms,
    leads,
    notifications,
    createForm(name, questions, hiddenFields = {}) {
      const id = String(nextId());
      const numbered = questions.map((one, n) => ({ ...one, id: Number(`${n + 1}0${id}`) }));
      forms.set(id, { id, name, questions: numbered, hiddenFields });
      return id;
    },
    submit(form, answers, { at = now(), person, accepted = [], test = false } = {}) {
      const id = `${randomUUID()}-6`;
      const lead = { id, form, at: at.getTime(), person, answers, accepted, test, damage: undefined };
      leads.set(id, lead);
      tellLead(lead, 'CREATED', lead.at);
      return id;
    },
    deleteLead(id) {
      const lead = leads.get(id);
      if (lead === undefined) return;
      leads.delete(id);
      tellLead(lead, 'DELETED', now().getTime());
    },
    act(action, by, { at = now(), text, post = '7094637247890620418' } = {}) {
      const id = nextId();
      const owner = by.startsWith('urn:') ? by : `urn:li:person:${by}`;
      const sourcePost = `urn:li:activity:${post}`;
      const made = madeBy(action, owner, sourcePost, id, text);
      const fields = { organizationalEntity: organizationUrn, sourcePost, ...made, subscriber: SUBSCRIBER };
      const notification = { id, at: at.getTime(), action, fields, damage: undefined };
      notifications.set(id, notification);
      tell({ type: 'ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS', notification: notificationShape(notification) });
      return id;
    },
    damageNotification(id, fields) {
      const notification = notifications.get(id);
      if (notification !== undefined) notification.damage = fields;
    },
    damageLead(id, fields) {
      const lead = leads.get(id);
      if (lead !== undefined) lead.damage = fields;
    },
    whenTold: (listener) => void listeners.push(listener),
  };
}

/** The listing and the webhook tell a notification alike. */
export function notificationShape({ id, at, action, fields, damage }: SimNotification): object {
  return { notificationId: id, action, lastModifiedAt: at, ...fields, ...damage };
}

/** What an action made, and by whom, as far as LinkedIn tells it. URNs of comments are written in two ways. */
function madeBy(action: SimAction, owner: string, post: string, id: number, text: string | undefined): object {
  if (action === 'LIKE') return { generatedActivity: `urn:li:like:(${owner},${post})` };
  if (action === 'SHARE' || action === 'SHARE_MENTION') {
    const entity = `urn:li:share:${id}`;
    return { generatedActivity: entity, decoratedGeneratedActivity: { share: { entity, owner, text } } };
  }
  const entity = `urn:li:comment:(${post},${id})`;
  return {
    generatedActivity: entity.replace('(urn:li:', '('),
    decoratedGeneratedActivity: { comment: { entity, owner, text, object: post } },
  };
}
