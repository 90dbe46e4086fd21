import * as z from 'zod';
import type { Json } from '../../domain/json.ts';
import type { MembershipBatch, Outcome } from '../contract.ts';

/** What is sent: docs/connectors/webhook.schema.json is the same for whoever receives it. */
export type Message =
  | { readonly type: 'connection.check' }
  | {
      readonly type: 'audience.members';
      readonly data: { readonly list: string; readonly op: 'add' | 'remove'; readonly members: readonly Json[] };
    };

/** An answer's word for a reason. Short and from a small alphabet, so that no address and no number can be one. */
const code = z.string().regex(/^[a-z](?:[a-z_-]|\/(?=[a-z])){0,63}$/);

const outcome = z.discriminatedUnion('status', [
  z.object({ id: z.string(), status: z.enum(['applied', 'unchanged', 'unmatched']) }),
  z.object({ id: z.string(), status: z.enum(['refused', 'rejected', 'retry']), code }),
]);
const answer = z.object({ outcomes: z.array(z.unknown()) });
const named = z.object({ id: z.string() });

/** A batch as it is sent. The key is the message's id, so it is not told twice. */
export function messageOf({ remoteId, op, members }: MembershipBatch): Message {
  return {
    type: 'audience.members',
    data: {
      list: remoteId,
      op,
      members: members.map(({ memberId, keys, fields }) => ({
        id: memberId,
        keys: keys.map(({ type, value }) => ({ type, value })),
        ...(fields === undefined ? {} : { fields }),
      })),
    },
  };
}

/**
 * What an answer says of each member. Whoever is not mentioned, or mentioned in words that mean nothing, is a retry: only
 * an operator who said that the endpoint answers nothing takes silence for success.
 */
export function outcomesOf(
  members: readonly string[],
  body: Json | undefined,
  answers: 'outcomes' | 'none',
): Map<string, Outcome> {
  const told = answer.safeParse(body);
  if (!told.success) {
    const all: Outcome = answers === 'none' ? { status: 'applied' } : { status: 'retry', code: 'webhook/no-outcome' };
    return new Map(members.map((id) => [id, all]));
  }
  const outcomes = new Map<string, Outcome>(members.map((id) => [id, { status: 'retry', code: 'webhook/no-outcome' }]));
  const heard = new Set<string>();
  for (const one of told.data.outcomes) {
    const id = named.safeParse(one).data?.id;
    if (id === undefined || !outcomes.has(id)) continue;
    outcomes.set(id, heard.has(id) ? { status: 'retry', code: 'webhook/two-outcomes' } : readOutcome(one));
    heard.add(id);
  }
  return outcomes;
}

function readOutcome(one: unknown): Outcome {
  const parsed = outcome.safeParse(one);
  if (!parsed.success) return { status: 'retry', code: 'webhook/bad-outcome' };
  const { id: _, ...read } = parsed.data;
  return read;
}
