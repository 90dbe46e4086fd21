import * as z from 'zod';
import type { FieldDestination, Write } from '../../../lib/connectors/contract.ts';
import { defineField, holds } from '../../../lib/connectors/define-field.ts';
import { TributaryError } from '../../../lib/domain/errors.ts';
import type { Json } from '../../../lib/domain/json.ts';
import type { Api, Flaw } from './flaw.ts';

export const levelTarget = z.strictObject({ field: z.string(), value: z.string() });

const people = z.array(z.object({ email: z.coerce.string(), unsubscribed: z.boolean(), level: z.string().nullable() }));

/** The level of people's records, of whom only those who did not unsubscribe are written. */
export function levels(flaw: Flaw | undefined): FieldDestination<Api> {
  const readAll = async (api: Api) => {
    const query = new URLSearchParams({ at: '', id: '', before: '9', limit: '1000' });
    return people.parse(await api.call('GET', `/people?${query}`));
  };
  const destination = defineField<Api, z.infer<typeof levelTarget>>({
    target: levelTarget,
    matchKeys: [{ type: 'email', hash: 'none' }],
    batch: { maxMembers: 50 },
    fieldOf: ({ field, value }) => (flaw === 'another value is another field' ? `${field}.${value}` : field),
    calls: (api) => api.calls(),
    async check(api, { field }) {
      const known = z.array(z.string()).parse(await api.call('GET', '/fields'));
      if (known.includes(field) || flaw === 'a missing field is found') return;
      throw new TributaryError('config', 'example/no-field', `people have no field ${field}`);
    },
    async read(api, { value }, members) {
      const known = new Map((await readAll(api)).map((one) => [one.email, one]));
      return new Map(
        members.flatMap(({ memberId, keys: [key] }) => {
          const one = known.get(key?.value ?? '');
          if (one === undefined) return [];
          const level = flaw === 'removal takes any value' && one.level !== null ? value : one.level;
          const refused = one.unsubscribed ? { refused: 'unsubscribed' } : {};
          return [[memberId, [{ id: one.email, value: level, ...refused }]] as const];
        }),
      );
    },
    async write(api, { value }, emails, { clear, settle }) {
      const body = { emails, level: clear ? null : value };
      const done = z.array(z.string()).parse(await api.call('POST', '/levels', body));
      for (const email of done) settle(email, { status: 'applied' });
    },
    written: ({ field }, id, value) => levelWrite(field, id, value),
    async *members(api, { value }) {
      const all = await readAll(api);
      yield {
        members: all
          .filter(({ level }) => holds(level, value))
          .map(({ email, unsubscribed }) => ({
            keys: [{ type: 'email', value: email }],
            standing: unsubscribed ? 'unsubscribed' : 'reachable',
          })),
      };
    },
  });
  if (flaw !== 'removals are not noted') return destination;
  return {
    ...destination,
    apply: (api, { notes, ...batch }) =>
      destination.apply(api, batch.op === 'remove' || notes === undefined ? batch : { ...batch, notes }),
  };
}

export function levelWrite(field: string, email: string, value: Json): Write {
  return { object: 'person', id: email, field, value };
}
