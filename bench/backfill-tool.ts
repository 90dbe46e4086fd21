import { startHubspot } from '../test/vendors/hubspot/server.ts';
import { startSalesforce } from '../test/vendors/salesforce/server.ts';
import { contactRecord, personOf } from './people.ts';

export type Source = 'salesforce' | 'hubspot';

/** What the tool tells the bench: where it is, how to sign in, and how many requests it has heard. */
export interface ToolTold {
  readonly endpoint: string;
  readonly secret: Readonly<Record<string, string>>;
  readonly calls: number;
}

interface Tool extends Omit<ToolTold, 'calls'> {
  calls(): number;
}

const DAY_MS = 86_400_000;

async function openSalesforce(contacts: number, at: number): Promise<Tool> {
  const simulator = await startSalesforce({ now: () => new Date(at), dailyLimit: 1_000_000 });
  for (let number = 0; number < contacts; number += 1) {
    const { Id: _id, AccountId: _account, ...fields } = contactRecord(personOf(number), at - DAY_MS);
    simulator.store.insert('Contact', { ...fields, CreatedDate: fields.SystemModstamp });
  }
  return { endpoint: simulator.url, secret: simulator.secret, calls: () => simulator.calls.total };
}

async function openHubspot(contacts: number, at: number): Promise<Tool> {
  const simulator = await startHubspot({ now: () => new Date(at), dailyLimit: 1_000_000 });
  for (let number = 0; number < contacts; number += 1) {
    const person = personOf(number);
    const { FirstName, LastName, Title } = contactRecord(person, at);
    const name = { firstname: String(FirstName), lastname: String(LastName), jobtitle: String(Title) };
    simulator.store.create('contacts', { email: person.email, ...name }, { at: new Date(at - DAY_MS) });
  }
  return { endpoint: simulator.url, secret: simulator.secret, calls: () => simulator.calls.length };
}

const open: Readonly<Record<Source, (contacts: number, at: number) => Promise<Tool>>> = {
  salesforce: openSalesforce,
  hubspot: openHubspot,
};

/** A tool of so many contacts in a process of its own. Answers every message with what it knows. */
async function run(source: Source, contacts: number, at: number): Promise<void> {
  const { endpoint, secret, calls } = await open[source](contacts, at);
  const tell = (): ToolTold => ({ endpoint, secret, calls: calls() });
  process.on('message', () => process.send?.(tell()));
  // A bench that died must leave nothing behind.
  process.on('disconnect', () => process.exit());
  process.send?.(tell());
}

const [, , source = '', contacts, at] = process.argv;
await run(source as Source, Number(contacts), Number(at));
