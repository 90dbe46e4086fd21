import { createHash } from 'node:crypto';

export interface SimForm {
  readonly id: string;
  readonly name: string;
}

export interface SimSubmission {
  readonly conversionId: string;
  readonly submittedAt: number;
  readonly values: readonly { readonly name: string; readonly value: string }[];
  readonly pageUrl: string;
}

export interface SimEmailEvent {
  readonly id: string;
  readonly type: string;
  readonly recipient: string;
  readonly created: number;
  readonly [field: string]: unknown;
}

export interface SimSubscriptionStatus {
  readonly id: number;
  readonly status: 'SUBSCRIBED' | 'UNSUBSCRIBED' | 'NOT_SPECIFIED';
  readonly at: number;
}

/** Forms and what was submitted, e-mails and what became of them. */
export interface Marketing {
  readonly forms: readonly SimForm[];
  submissionsOf(form: string): readonly SimSubmission[] | undefined;
  /** Newest last. */
  readonly events: readonly SimEmailEvent[];
  /** How an address stands to types of subscription. */
  subscriptionsOf(address: string): readonly SimSubscriptionStatus[];
  setSubscription(
    address: string,
    id: number,
    status: SimSubscriptionStatus['status'],
    options?: { readonly at?: Date },
  ): void;
  addForm(id: string, name: string): void;
  dropForm(id: string): void;
  /** Returns the submission's id. */
  submit(form: string, values: Readonly<Record<string, string>>, options?: { readonly at?: Date }): string;
  /** Returns the event's id. */
  act(type: string, recipient: string, more?: Readonly<Record<string, unknown>> & { readonly at?: Date }): string;
}

export function createMarketing(now: () => Date): Marketing {
  const forms: SimForm[] = [];
  const submissions = new Map<string, SimSubmission[]>();
  const events: SimEmailEvent[] = [];
  const subscriptions = new Map<string, Map<number, SimSubscriptionStatus>>();
  const newId = (kind: string, n: number): string => {
    const hex = createHash('sha256').update(`${kind} ${n}`).digest('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
  };
  let count = 0;
  return {
    forms,
    events,
    subscriptionsOf: (address) => [...(subscriptions.get(address.trim().toLowerCase())?.values() ?? [])],
    setSubscription(address, id, status, { at = now() } = {}) {
      const key = address.trim().toLowerCase();
      const own = subscriptions.get(key) ?? new Map<number, SimSubscriptionStatus>();
      subscriptions.set(key, own.set(id, { id, status, at: at.getTime() }));
    },
    submissionsOf: (form) => submissions.get(form),
    addForm(id, name) {
      forms.push({ id, name });
      submissions.set(id, []);
    },
    dropForm(id) {
      submissions.delete(id);
    },
    submit(form, values, { at = now() } = {}) {
      count += 1;
      const conversionId = newId('submission', count);
      const own = submissions.get(form);
      if (own === undefined) throw new Error(`the simulator has no form ${form}`);
      own.push({
        conversionId,
        submittedAt: at.getTime(),
        values: Object.entries(values).map(([name, value]) => ({ name, value })),
        pageUrl: 'https://www.example.com/contact',
      });
      return conversionId;
    },
    act(type, recipient, { at = now(), ...more } = {}) {
      count += 1;
      const id = newId('event', count);
      events.push({
        id,
        type,
        recipient,
        created: at.getTime(),
        emailCampaignId: 12345,
        appId: 113,
        portalId: 1,
        ...more,
      });
      return id;
    },
  };
}
