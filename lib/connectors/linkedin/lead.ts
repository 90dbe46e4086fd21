import * as z from 'zod';
import { formatInstant } from '../../domain/instant.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { applyMappings, type ConsentRule, type MappedRecord, type Mapping } from '../../domain/mapping.ts';
import { epochMs } from '../epoch.ts';
import type { Config } from './config.ts';
import { answer, answersOf, form } from './form-answers.ts';
import { idIn } from './restli.ts';

export const LEAD = 'lead';
/** LinkedIn deletes leads after at most so long (Lead Sync, "Data retention"); some accounts' go after 90 days. */
export const LEADS_KEPT_MS = 365 * 86_400_000;

/** The last instant that RFC 3339 can write: a larger number is no time. */
const source = { version: 1, object: LEAD, subject: 'person', by: 'person', id: ['id'], at: ['at'] } as const;

/** What somebody said of themselves in a form. Each lead is a record of its own. */
export const leadMapping: Mapping = {
  ...source,
  identifiers: [
    { type: 'email', from: 'email' },
    { type: 'phone', from: 'phone' },
    { type: 'linkedin.scoped_id', from: 'person' },
  ],
  traits: {
    email: { from: 'email', as: 'string' },
    phone: { from: 'phone', as: 'string' },
    work_phone: { from: 'known.WORK_PHONE_NUMBER', as: 'string' },
    first_name: { from: 'known.FIRST_NAME', as: 'string' },
    last_name: { from: 'known.LAST_NAME', as: 'string' },
    gender: { from: 'known.GENDER', as: 'string' },
    title: { from: 'known.JOB_TITLE', as: 'string' },
    'company.name': { from: 'known.COMPANY_NAME', as: 'string' },
    'company.industry': { from: 'known.INDUSTRY', as: 'string' },
    'address.city': { from: 'known.CITY', as: 'string' },
    'address.region': { from: 'known.STATE', as: 'string' },
    'address.postal_code': { from: 'postal_code', as: 'string' },
    'address.country': { from: 'known.COUNTRY', as: 'string' },
  },
};

/** That they filled it in. */
export const submissionMapping: Mapping = {
  ...source,
  identifiers: leadMapping.identifiers ?? [],
  activity: {
    id: ['id'],
    name: 'Form Submitted',
    properties: {
      form_id: { from: 'form_id', as: 'string' },
      form_name: { from: 'form_name', as: 'string' },
      platform: { literal: 'linkedin' },
      lead_type: { from: 'lead_type', as: 'string' },
      ad_id: { from: 'ad_id', as: 'string' },
      campaign_id: { from: 'campaign_id', as: 'string' },
    },
  },
};

/** The workspace's own questions and checkboxes in the words of lib/domain/mapping.ts. */
export function leadMappingOf({ fields, consent }: Config): Mapping {
  const own = Object.entries(fields).map(([trait, name]) => [trait, { from: `answers.${name}` }] as const);
  const rules = Object.entries(consent).map(
    ([checkbox, topic]): ConsentRule => ({
      topic,
      from: `boxes.${checkbox}`,
      address: topic === 'sms' ? 'phone' : 'email',
      granted: [true],
      // A checkbox that is not ticked refuses nothing.
      denied: [],
      by: 'person',
      source: 'LinkedIn lead form',
    }),
  );
  return { ...leadMapping, traits: { ...leadMapping.traits, ...Object.fromEntries(own) }, consent: rules };
}

/** `urn:li:versionedLeadGenForm:(urn:li:leadGenForm:7234246,1)`. */
export function formIn(urn: unknown): string | undefined {
  const match =
    typeof urn === 'string' ? /^urn:li:versionedLeadGenForm:\(urn:li:leadGenForm:(\d+),\d+\)$/.exec(urn) : null;
  return match?.[1];
}

export const lead = z
  .looseObject({
    id: z.string().regex(/^[\w-]{1,100}$/, 'expected the id of a lead'),
    submittedAt: epochMs,
    leadType: z.string().optional(),
    testLead: z.boolean().nullish(),
    submitter: z.string().nullish(),
    versionedLeadGenFormUrn: z.string(),
    leadMetadata: z
      .looseObject({ sponsoredLeadMetadata: z.looseObject({ campaign: z.string().nullish() }).nullish() })
      .nullish(),
    associatedEntity: z.looseObject({ associatedCreative: z.string().nullish() }).nullish(),
    formResponse: z.looseObject({
      answers: z.array(answer),
      consentResponses: z.array(z.looseObject({ consentId: z.int(), accepted: z.boolean() })).nullish(),
    }),
    form: form.nullish(),
  })
  .transform((told) => {
    const { formResponse, form: asked } = told;
    const { known, answers } = asked ? answersOf(formResponse.answers, asked) : { known: {}, answers: {} };
    const formId = formIn(told.versionedLeadGenFormUrn);
    const boxes = Object.fromEntries(
      (formResponse.consentResponses ?? []).map(({ consentId, accepted }) => [`${formId}:${consentId}`, accepted]),
    );
    return {
      id: told.id,
      testLead: told.testLead === true,
      hasForm: Boolean(asked),
      at: formatInstant(told.submittedAt),
      known,
      answers,
      boxes,
      ...given('lead_type', told.leadType),
      ...given('form_id', formId),
      ...given('form_name', asked?.name ?? undefined),
      ...given('email', known.EMAIL ?? known.WORK_EMAIL),
      // A number at work may be a switchboard's, which would join a company into one person.
      ...given('phone', known.PHONE_NUMBER),
      ...given('postal_code', known.ZIP_CODE ?? known.POSTAL_CODE),
      ...given('person', idIn(told.submitter, 'person')),
      ...given('ad_id', idIn(told.associatedEntity?.associatedCreative, 'sponsoredCreative')),
      ...given('campaign_id', idIn(told.leadMetadata?.sponsoredLeadMetadata?.campaign, 'sponsoredCampaign')),
    };
  });

function given(name: string, value: Json | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value };
}

export type Lead = z.infer<typeof lead>;

/** What a lead tells of the person and what the person did by it, or why it cannot be used. Total. */
export function changesOfLead(config: Config, told: Lead, connection: string): MappedRecord {
  if (told.testLead) return refused('linkedin/test-lead', 'a lead that somebody made as a test', told);
  // Answers name questions by number: without the form nobody knows what was said.
  if (!told.hasForm) return refused('linkedin/unknown-form', 'the lead came without the form it answers', told);
  return applyMappings([leadMappingOf(config), submissionMapping], connection, told);
}

function refused(code: string, reason: string, record: unknown): MappedRecord {
  return { ok: false, rejection: { code, reason, record } };
}
