import * as z from 'zod';
import { writtenMapping } from '../written-mapping.ts';

/** What an operator says about a connection that takes files, in tributary.yaml. Paths of the mapping are names of columns. */
export const config = z.strictObject({
  mapping: writtenMapping.check((payload) => {
    const { id, identifiers, subject, activity } = payload.value;
    const refuse = (message: string, path: string[] = []) =>
      payload.issues.push({ code: 'custom', input: payload.value, path, message });
    if (id === undefined && (subject === 'account' || Object.keys(identifiers).length === 0)) {
      refuse('expected id, or identifiers of a person: something must tell one row from another');
    }
    if (activity !== undefined && activity.name === undefined) {
      refuse('expected a name, or { from, names }', ['activity', 'name']);
    }
  }),
});

/** There is nothing to sign in to. */
export const secret = z.strictObject({});

export type Config = z.infer<typeof config>;
