import type { Area, FaultKind } from './faults.ts';
import { problems } from './rest-error.ts';
import { listIn, pageOf, type Query, recordIn, valueIn } from './restli.ts';
import type { Segments, UserChange } from './segments.ts';
import { type LinkedinStore, notificationShape, type SimForm, type SimLead } from './store.ts';

/** One call of the API: what matches it, what it takes, and what it does. */
export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly area: Area;
  readonly permission: string;
  run(call: Call): Sent;
}

export interface Call {
  readonly store: LinkedinStore;
  readonly segments: Segments;
  readonly query: Query;
  readonly body: Readonly<Record<string, unknown>>;
  readonly restMethod: string | undefined;
  readonly fault: FaultKind | undefined;
  /** Most records of a page. */
  readonly mostOnPage: number;
  /** A decoded group of the path. */
  part(group: number): string;
}

export interface Sent {
  readonly status?: number;
  readonly body?: object;
  readonly madeId?: string;
}

/** Most users of one change (reference of dmpSegments/users). */
const MOST_USERS = 5_000;

export const routes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/rest\/leadFormResponses$/,
    area: 'read',
    permission: 'r_marketing_leadgen_automation',
    run({ store, query, mostOnPage }) {
      finder(query, 'owner');
      ownAccount(store, recordIn(query, 'owner').sponsoredAccount);
      if (recordIn(query, 'leadType').leadType !== 'SPONSORED') throw problems.parameter('leadType');
      const inside = rangeIn(query, 'submittedAtTimeRange');
      // Newest first, as other users of the API saw it.
      const rows = [...store.leads.values()].filter(({ at }) => inside(at)).sort((a, b) => b.at - a.at);
      return { body: pageOf(rows, query, mostOnPage, (lead) => leadShape(store, lead, query)) };
    },
  },
  {
    method: 'GET',
    path: /^\/rest\/leadFormResponses\/([^/]+)$/,
    area: 'read',
    permission: 'r_marketing_leadgen_automation',
    run({ store, query, part }) {
      const lead = store.leads.get(part(1));
      if (lead === undefined) throw problems.notFound('leadFormResponse');
      return { body: leadShape(store, lead, query) };
    },
  },
  {
    method: 'GET',
    path: /^\/rest\/organizationalEntityNotifications$/,
    area: 'read',
    permission: 'rw_organization_admin',
    run({ store, query, mostOnPage }) {
      finder(query, 'criteria');
      if (valueIn(query, 'organizationalEntity') !== `urn:li:organization:${store.organization}`) {
        throw problems.permission('organizationalEntityNotifications.FINDER-criteria');
      }
      const actions = new Set(listIn(query, 'actions'));
      const inside = rangeIn(query, 'timeRange');
      const rows = [...store.notifications.values()]
        .filter(({ action, at }) => actions.has(action) && inside(at))
        .sort((a, b) => b.at - a.at);
      return { body: pageOf(rows, query, mostOnPage, notificationShape) };
    },
  },
  {
    method: 'GET',
    path: /^\/rest\/dmpSegments$/,
    area: 'read',
    permission: 'rw_dmp_segments',
    run({ store, segments, query, mostOnPage }) {
      finder(query, 'account');
      ownAccount(store, valueIn(query, 'account'));
      const [source, platform] = [valueIn(query, 'sourceSegmentId'), valueIn(query, 'sourcePlatform')];
      const rows = [...segments.all.values()].filter(
        ({ sourceSegmentId, sourcePlatform }) => sourceSegmentId === source && sourcePlatform === platform,
      );
      const show = ({ id, name }: { readonly id: string; readonly name: string }) => ({
        id: Number(id),
        name,
        type: 'USER',
        destinations: [{ destination: 'LINKEDIN', status: 'BUILDING' }],
      });
      return { body: pageOf(rows, query, mostOnPage, show) };
    },
  },
  {
    method: 'POST',
    path: /^\/rest\/dmpSegments$/,
    area: 'write',
    permission: 'rw_dmp_segments',
    run({ store, segments, body }) {
      const { name, sourceSegmentId, sourcePlatform, account, type } = body;
      ownAccount(store, String(account));
      if (typeof name !== 'string' || typeof sourceSegmentId !== 'string' || typeof sourcePlatform !== 'string') {
        throw problems.field(0, '/name');
      }
      if (type !== 'USER') throw problems.field(0, '/type');
      return { status: 201, madeId: segments.create({ name, sourceSegmentId, sourcePlatform }).id };
    },
  },
  {
    method: 'POST',
    path: /^\/rest\/dmpSegments\/(\d+)\/users$/,
    area: 'write',
    permission: 'rw_dmp_segments',
    run({ segments, body, restMethod, fault, part }) {
      const segment = segments.all.get(part(1));
      if (segment === undefined || !segments.isOpen(segment)) throw problems.notFound('dmpSegment');
      if (restMethod?.toUpperCase() !== 'BATCH_CREATE') throw problems.parameter('X-RestLi-Method');
      const changes = (body.elements ?? []) as readonly UserChange[];
      if (changes.length === 0 || changes.length > MOST_USERS) throw problems.parameter('elements');
      const taken = fault === 'lost-user' || fault === 'refused-user' ? changes.slice(1) : changes;
      segments.change(segment, taken);
      const answers: object[] = taken.map(() => ({ status: 201 }));
      if (fault === 'refused-user') answers.unshift({ status: 422, error: { message: 'refused', status: 422 } });
      return { body: { elements: answers } };
    },
  },
];

function finder(query: Query, name: string): void {
  if (valueIn(query, 'q') !== name) throw problems.parameter('q');
}

function ownAccount({ adAccount }: LinkedinStore, urn: string | undefined): void {
  if (urn !== `urn:li:sponsoredAccount:${adAccount}`) throw problems.permission('adAccounts');
}

function rangeIn(query: Query, name: string): (at: number) => boolean {
  const { start, end } = recordIn(query, name);
  const [from, until] = [Number(start), Number(end)];
  if (!Number.isInteger(from) || !Number.isInteger(until) || from >= until) throw problems.parameter(name);
  return (at) => at >= from && at <= until;
}

/** The form comes along only where it is asked for. */
function leadShape({ adAccount, forms }: LinkedinStore, lead: SimLead, query: Query): object {
  const form = forms.get(lead.form);
  const isAsked = query.get('fields')?.includes('form:(') === true;
  const questions = form?.questions ?? [];
  return {
    id: lead.id,
    owner: { sponsoredAccount: `urn:li:sponsoredAccount:${adAccount}` },
    leadType: 'SPONSORED',
    submittedAt: lead.at,
    testLead: lead.test,
    ...(lead.person === undefined ? {} : { submitter: `urn:li:person:${lead.person}` }),
    versionedLeadGenFormUrn: `urn:li:versionedLeadGenForm:(urn:li:leadGenForm:${lead.form},1)`,
    leadMetadata: { sponsoredLeadMetadata: { campaign: 'urn:li:sponsoredCampaign:198356826' } },
    associatedEntity: { associatedCreative: 'urn:li:sponsoredCreative:241257736' },
    formResponse: {
      answers: questions.flatMap(({ id, name }) => {
        const said = lead.answers[name];
        if (said === undefined) return [];
        const text = typeof said === 'string';
        return [
          {
            questionId: id,
            answerDetails: text
              ? { textQuestionAnswer: { answer: said } }
              : { multipleChoiceAnswer: { options: said } },
          },
        ];
      }),
      consentResponses: lead.accepted.map((accepted, consentId) => ({ consentId, accepted })),
    },
    ...(isAsked && form !== undefined ? { form: formShape(form) } : {}),
    ...lead.damage,
  };
}

function formShape({ id, name, questions, hiddenFields }: SimForm): object {
  return {
    id: Number(id),
    name,
    creationLocale: { language: 'sv', country: 'SE' },
    hiddenFields: Object.entries(hiddenFields).map(([key, value]) => ({ name: key, value })),
    content: {
      questions: questions.map(({ id: questionId, name: called, predefinedField, options }) => ({
        questionId,
        name: called,
        ...(predefinedField === undefined ? {} : { predefinedField }),
        question: { localized: { sv_SE: called } },
        questionDetails:
          options === undefined
            ? { textQuestionDetails: { maxResponseLength: 300 } }
            : {
                multipleChoiceQuestionDetails: {
                  options: options.map((text, n) => ({ id: n, text: { localized: { sv_SE: text } } })),
                },
              },
        responseRequired: true,
      })),
    },
  };
}
