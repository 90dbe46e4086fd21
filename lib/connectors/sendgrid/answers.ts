import * as z from 'zod';

/** What SendGrid's answers must hold to be used. Records themselves stay as they came: a bad one is quarantined later. */

const id = z.string().min(1);

/** The token of `page_token` in a link to the next page. The link's host is never followed. */
const next = z
  .string()
  .nullish()
  .transform((link) => {
    const token = typeof link === 'string' && URL.canParse(link) ? new URL(link).searchParams.get('page_token') : null;
    return token === null || token === '' ? undefined : token;
  });

export const count = z
  .object({ contact_count: z.number() })
  .transform(({ contact_count }) => ({ contacts: contact_count }));

export const found = z
  .object({ result: z.array(z.unknown()).nullish(), contact_count: z.number() })
  .transform(({ result, contact_count }) => ({ records: result ?? [], count: contact_count }));

/** A person as far as lists need them. */
const contact = z
  .object({ id, email: z.string().nullish(), list_ids: z.array(z.string()).nullish() })
  .transform(({ id: own, email, list_ids }) => ({
    id: own,
    email: email === null || email === undefined || email === '' ? undefined : email.toLowerCase(),
    lists: new Set(list_ids ?? []),
  }));

export type Contact = z.infer<typeof contact>;

export const contacts = z.object({ result: z.array(contact).nullish() }).transform(({ result }) => result ?? []);

export const records = z.object({ result: z.array(z.unknown()).nullish() }).transform(({ result }) => result ?? []);

/** Addresses that were asked for, with the contact of each; whoever is not found has an `error` instead. */
export const byAddress = z
  .object({ result: z.record(z.string(), z.object({ contact: contact.optional() })) })
  .transform(({ result }) =>
    Object.entries(result).flatMap(([address, { contact: one }]) =>
      one === undefined ? [] : [{ address: address.trim().toLowerCase(), contact: one }],
    ),
  );

export const list = z.object({ id, name: z.string(), contact_count: z.number().nullish() });

export type SendgridList = z.infer<typeof list>;

export const lists = z
  .object({ result: z.array(list).nullish(), _metadata: z.object({ next }).nullish() })
  .transform(({ result, _metadata }) => ({ lists: result ?? [], after: _metadata?.next }));

export const job = z.object({ job_id: id }).transform(({ job_id }) => job_id);

export const jobState = z.object({ status: z.enum(['pending', 'completed', 'errored', 'failed']) });

export const exportJob = z.object({ id });

export const exportState = z
  .object({ status: z.enum(['pending', 'ready', 'failure']), urls: z.array(z.string()).nullish() })
  // An export that is ready and names no files would read as one of an empty account.
  .refine(({ status, urls }) => status !== 'ready' || urls != null)
  .transform(({ status, urls }) => ({ status, urls: urls ?? [] }));

export const suppressions = z.array(z.unknown());
