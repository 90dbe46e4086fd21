import type { Identifier } from '../lib/domain/change.ts';
import type { Json, JsonObject } from '../lib/domain/json.ts';
import { startMailchimp } from '../test/vendors/mailchimp/simulator.ts';
import { startSalesforce } from '../test/vendors/salesforce/server.ts';
import { personOf } from './people.ts';

/** A simulated tool that knows the bench's people and is pushed to. */
export interface Destination {
  readonly vendor: string;
  /** Identifier type that people are matched by. */
  readonly by: string;
  readonly url: string;
  readonly secret: JsonObject;
  readonly config: JsonObject;
  readonly target: Json;
  /** Members that the vendor takes in one request. */
  readonly batch: number;
  keyOf(number: number): Identifier;
  /** Requests heard so far: those that carry members, and all others. */
  calls(): { readonly carrying: number; readonly other: number };
  close(): Promise<void>;
}

const LIST = 'a1b2c3d4e5';
const AUDIENCE = 'Bench';

/** One simulated tool for each way of matching. */
export async function openDestinations(people: number): Promise<readonly Destination[]> {
  return [
    await openMailchimp(people),
    await openSalesforce(people, 'salesforce.contact_id'),
    await openSalesforce(people, 'email'),
  ];
}

async function openMailchimp(people: number): Promise<Destination> {
  const simulator = await startMailchimp({ now: () => new Date() });
  simulator.addList({ id: LIST, name: 'Newsletter' });
  for (let n = 0; n < people; n += 1) simulator.putMember(LIST, { email: personOf(n).email, status: 'subscribed' });
  return {
    vendor: 'mailchimp',
    by: 'email',
    url: simulator.url,
    secret: { api_key: simulator.apiKey, webhook_secret: 'a secret that no bench needs' },
    config: { list: LIST },
    target: { tag: AUDIENCE },
    batch: 500,
    keyOf: (number) => ({ type: 'email', value: personOf(number).email }),
    calls() {
      const carrying = simulator.calls.filter(({ method, path }) => method === 'POST' && /\/segments\/\d+$/.test(path));
      return { carrying: carrying.length, other: simulator.calls.length - carrying.length };
    },
    close: () => simulator.close(),
  };
}

async function openSalesforce(people: number, by: 'salesforce.contact_id' | 'email'): Promise<Destination> {
  const simulator = await startSalesforce({ now: () => new Date() });
  simulator.store.insert('Campaign', { Name: AUDIENCE, IsActive: true });
  const ids = Array.from({ length: people }, (_, n) =>
    simulator.store.insert('Contact', { LastName: `Person ${n}`, Email: personOf(n).email }),
  );
  return {
    vendor: 'salesforce',
    by,
    url: simulator.url,
    secret: simulator.secret,
    config: {},
    target: { campaign: AUDIENCE },
    batch: 200,
    keyOf: (number) => ({ type: by, value: by === 'email' ? personOf(number).email : (ids[number] ?? '') }),
    calls() {
      const { write, total } = simulator.calls;
      return { carrying: write, other: total - write };
    },
    close: () => simulator.close(),
  };
}
