import * as z from 'zod';
import { parseInstant } from '../../domain/instant.ts';
import type { Json } from '../../domain/json.ts';
import { applyMappings, type ConsentRule, type MappedRecord, type Mapping } from '../../domain/mapping.ts';
import { unsafeNames } from '../delivered-json.ts';
import { metaId } from './answers.ts';
import type { Config } from './config.ts';

const source = {
  version: 1,
  object: 'lead',
  subject: 'person',
  by: 'person',
  id: ['id'],
  at: ['created_time'],
} as const;

/** What somebody said of themselves in a form. Each lead is a record of its own. */
export const leadMapping: Mapping = {
  ...source,
  identifiers: [
    { type: 'email', from: 'email' },
    { type: 'phone', from: 'phone' },
  ],
  traits: {
    email: { from: 'email', as: 'string' },
    phone: { from: 'phone', as: 'string' },
    name: { from: 'answers.full_name', as: 'string' },
    first_name: { from: 'answers.first_name', as: 'string' },
    last_name: { from: 'answers.last_name', as: 'string' },
    gender: { from: 'answers.gender', as: 'string' },
    title: { from: 'answers.job_title', as: 'string' },
    'company.name': { from: 'answers.company_name', as: 'string' },
    'address.street': { from: 'answers.street_address', as: 'string' },
    'address.city': { from: 'answers.city', as: 'string' },
    'address.region': { from: 'region', as: 'string' },
    'address.postal_code': { from: 'postal_code', as: 'string' },
    'address.country': { from: 'answers.country', as: 'string' },
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
      platform: { from: 'platform', as: 'string' },
      is_organic: { from: 'is_organic', as: 'boolean' },
      ad_id: { from: 'ad_id', as: 'string' },
      ad_name: { from: 'ad_name', as: 'string' },
      campaign_id: { from: 'campaign_id', as: 'string' },
      campaign_name: { from: 'campaign_name', as: 'string' },
    },
  },
};

/** The workspace's own questions and boxes in the words of lib/domain/mapping.ts. */
export function leadMappingOf({ fields, consent }: Config): Mapping {
  const own = Object.entries(fields).map(([trait, key]) => [trait, { from: `answers.${key}` }] as const);
  const rules = Object.entries(consent).map(
    ([box, topic]): ConsentRule => ({
      topic,
      from: `boxes.${box}`,
      address: topic === 'sms' ? 'phone' : 'email',
      granted: ['1'],
      // A box that is not ticked refuses nothing.
      denied: [],
      by: 'person',
      source: 'Meta lead form',
    }),
  );
  return { ...leadMapping, traits: { ...leadMapping.traits, ...Object.fromEntries(own) }, consent: rules };
}

export const lead = z
  .looseObject({
    id: metaId,
    created_time: z.string().refine((at) => parseInstant(at) !== undefined, 'expected an instant'),
    field_data: z.array(z.looseObject({ name: z.string(), values: z.array(z.string()).default([]) })),
    custom_disclaimer_responses: z
      .array(z.looseObject({ checkbox_key: z.string(), is_checked: z.union([z.string(), z.boolean(), z.number()]) }))
      .nullish(),
  })
  .transform((told) => {
    const answers = byKey(
      told.field_data.map(({ name, values }) => [name, values.length > 1 ? values : (values[0] ?? null)] as const),
    );
    const boxes = byKey(
      (told.custom_disclaimer_responses ?? []).map(
        ({ checkbox_key, is_checked }) => [checkbox_key, TICKED.has(String(is_checked)) ? '1' : '0'] as const,
      ),
    );
    const email = answers.email ?? answers.work_email;
    const phone = answers.phone_number ?? answers.work_phone_number;
    const region = answers.state ?? answers.province;
    const postal = answers.zip_code ?? answers.post_code;
    return {
      ...told,
      answers,
      boxes,
      ...(email === undefined ? {} : { email }),
      ...(phone === undefined ? {} : { phone }),
      ...(region === undefined ? {} : { region }),
      ...(postal === undefined ? {} : { postal_code: postal }),
    };
  });

const TICKED: ReadonlySet<string> = new Set(['1', 'true']);

function byKey(pairs: readonly (readonly [key: string, value: Json])[]): Readonly<Record<string, Json>> {
  return Object.fromEntries(pairs.filter(([key]) => !unsafeNames.has(key)));
}

/** What Meta's testing tool writes into every field; its address is the same for everybody who tests. */
const TEST = /^<test lead: dummy data for /i;

export type Lead = z.infer<typeof lead>;

/** What a lead tells of the person and what the person did by it, or why it cannot be used. Total. */
export function changesOfLead(config: Config, told: Lead, connection: string): MappedRecord {
  if (told.field_data.some(({ values }) => values.some((value) => TEST.test(value)))) {
    const reason = 'a lead of Meta’s testing tool, which is nobody';
    return { ok: false, rejection: { code: 'meta/test-lead', reason, record: told } };
  }
  return applyMappings([leadMappingOf(config), submissionMapping], connection, told);
}
