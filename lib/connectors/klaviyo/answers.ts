import * as z from 'zod';

/** What Klaviyo's answers must hold to be used. Records themselves stay as they came: a bad one is quarantined later. */

/** The token of `page[cursor]` in a link to the next page. The link's host is never followed. */
const next = z
  .string()
  .nullish()
  .transform((link, context) => {
    if (link === null || link === undefined) return undefined;
    const token = URL.canParse(link) ? new URL(link).searchParams.get('page[cursor]') : null;
    if (token === null || token === '') {
      context.addIssue('expected a link with page[cursor]');
      return z.NEVER;
    }
    return token;
  });

const links = z.object({ next }).nullish();
const id = z.string().min(1);

function pageOf<T>(one: z.ZodType<T>) {
  return z
    .object({ data: z.array(one), links })
    .transform(({ data, links: to }) => ({ records: data, after: to?.next }));
}

export const account = z
  .object({ data: z.array(z.object({ id })).min(1) })
  .transform(({ data }) => ({ id: data[0]?.id ?? '' }));

export const records = pageOf(z.unknown());

/** A person as far as lists need them. */
const contact = z
  .object({ id, attributes: z.object({ email: z.string().nullish(), phone_number: z.string().nullish() }) })
  .transform(({ id: own, attributes: { email, phone_number } }) => ({
    id: own,
    email: email === null || email === undefined || email === '' ? undefined : email.toLowerCase(),
    phone: phone_number === null || phone_number === undefined || phone_number === '' ? undefined : phone_number,
  }));

export const contacts = pageOf(contact);

/** A person with their custom properties. */
const holder = z
  .object({
    id,
    attributes: z.object({ email: z.string().nullish(), properties: z.record(z.string(), z.json()).nullish() }),
  })
  .transform(({ id: own, attributes: { email, properties } }) => ({
    id: own,
    email: email === null || email === undefined || email === '' ? undefined : email.toLowerCase(),
    properties: properties ?? {},
  }));

export const holders = pageOf(holder);

export type Contact = z.infer<typeof contact>;

/** Events with the metrics that they name. */
export const events = z
  .object({
    data: z.array(z.unknown()),
    included: z
      .array(z.looseObject({ type: z.string(), id, attributes: z.looseObject({ name: z.string().nullish() }) }))
      .default([]),
    links,
  })
  .transform(({ data, included, links: to }) => ({
    records: data,
    metrics: new Map(
      included.flatMap(({ type, id: own, attributes: { name } }) =>
        type === 'metric' && typeof name === 'string' ? [[own, name] as const] : [],
      ),
    ),
    after: to?.next,
  }));

const listShape = z
  .object({ id, attributes: z.object({ name: z.string().nullable() }) })
  .transform(({ id: own, attributes: { name } }) => ({ id: own, name: name ?? '' }));

export const lists = pageOf(listShape);

export const list = z.object({ data: listShape }).transform(({ data }) => data);

export type KlaviyoList = z.infer<typeof listShape>;
