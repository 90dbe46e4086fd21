import type { JsonObject } from '../../../lib/domain/json.ts';
import type { SimList } from './list.ts';
import { md5, memberHash, type Status, vendorTime } from './member.ts';

/** What somebody said to one question. Several choices are one text: the document knows no list. */
export interface SimAnswer {
  readonly question: string;
  readonly type: 'pickOne' | 'pickMany' | 'range' | 'text' | 'email';
  readonly query: string;
  readonly answer: string;
}

export interface SimResponse {
  readonly id: string;
  readonly at: number;
  /** The respondent, when Mailchimp knows who it was. */
  readonly email?: string;
  readonly isNew?: boolean;
  readonly answers: readonly SimAnswer[];
}

export type ResponseInput = Omit<SimResponse, 'id' | 'at'> & { readonly id?: string; readonly at?: Date };

export interface SimSurvey {
  readonly id: string;
  readonly webId: number;
  readonly listId: string;
  readonly listName: string;
  readonly title: string;
  readonly publishedAt: number;
  readonly responses: Map<string, SimResponse>;
}

/** `Survey_Report` of Mailchimp's OpenAPI document 3.0.55, as all of this file. */
export function showSurvey(survey: SimSurvey): JsonObject {
  return {
    id: survey.id,
    web_id: survey.webId,
    list_id: survey.listId,
    list_name: survey.listName,
    title: survey.title,
    url: `https://us6.example.com/survey/${survey.id}`,
    status: 'published',
    published_at: vendorTime(survey.publishedAt),
    created_at: vendorTime(survey.publishedAt),
    updated_at: vendorTime(survey.publishedAt),
    total_responses: survey.responses.size,
  };
}

/** `Survey_Respondents`: without the answers. */
export function showRespondent({ id, at, email, isNew }: SimResponse, list: SimList | undefined): JsonObject {
  return {
    response_id: id,
    submitted_at: vendorTime(at),
    // The document does not say how a respondent whom nobody knows is told: here without a contact.
    ...(email === undefined ? {} : { contact: showContact(email, list) }),
    is_new_contact: isNew === true,
  };
}

/** `Survey_Response`: a single one, with questions and answers. */
export function showResponse(response: SimResponse, list: SimList | undefined): JsonObject {
  return {
    ...showRespondent(response, list),
    results: response.answers.map(({ question, type, query, answer }) => ({
      question_id: question,
      question_type: type,
      query,
      answer,
    })),
  };
}

function showContact(email: string, list: SimList | undefined): JsonObject {
  const member = list?.members.get(memberHash(email));
  const { FNAME = '', LNAME = '' } = member?.mergeFields ?? {};
  return {
    email_id: memberHash(email),
    contact_id: md5(`contact ${member?.webId ?? email}`),
    status: statuses[member?.status ?? 'archived'],
    email,
    full_name: `${String(FNAME)} ${String(LNAME)}`.trim(),
    consents_to_one_to_one_messaging: true,
  };
}

const statuses: Readonly<Record<Status, string>> = {
  subscribed: 'Subscribed',
  unsubscribed: 'Unsubscribed',
  transactional: 'Non-Subscribed',
  pending: 'Non-Subscribed',
  cleaned: 'Cleaned',
  archived: 'Archived',
};
