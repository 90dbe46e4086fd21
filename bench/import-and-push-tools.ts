import { startMailchimp } from '../test/vendors/mailchimp/simulator.ts';
import { startSalesforce } from '../test/vendors/salesforce/server.ts';
import { contactRecord, personOf } from './people.ts';

/** What the tools tell the bench: where they are, how to sign in, and what they have heard since. */
export interface Told {
  readonly endpoints: { readonly crm: string; readonly mail: string };
  readonly secrets: { readonly crm: string; readonly mail: string };
  readonly calls: { readonly crm: number; readonly mail: number };
  /** How many members carry the tag. */
  readonly tagged: number;
}

/**
 * The simulated tools of the bench, in a process of their own so that their work is not counted: an org of as many
 * contacts as the first argument says, and a list with all of them as members. Answers every message with what it knows.
 */
async function run(contacts: number, at: number, list: string, tag: string): Promise<void> {
  const now = (): Date => new Date(at);
  const [crm, mail] = [await startSalesforce({ now, dailyLimit: 1_000_000 }), await startMailchimp({ now })];
  mail.addList({ id: list, name: 'Everybody' });
  for (let number = 0; number < contacts; number += 1) {
    const { Id: _id, AccountId: _account, ...fields } = contactRecord(personOf(number), at - 86_400_000);
    crm.store.insert('Contact', { ...fields, CreatedDate: fields.SystemModstamp });
    mail.putMember(list, { email: personOf(number).email, status: 'subscribed', at: new Date(at - 86_400_000) });
  }
  const tell = (): Told => ({
    endpoints: { crm: crm.url, mail: mail.url },
    secrets: { crm: JSON.stringify(crm.secret), mail: JSON.stringify({ api_key: mail.apiKey }) },
    calls: { crm: crm.calls.total, mail: mail.calls.length },
    tagged: mail.tagged(list, tag).length,
  });
  process.on('message', () => process.send?.(tell()));
  // A bench that died must leave nothing behind.
  process.on('disconnect', () => process.exit());
  process.send?.(tell());
}

const [, , contacts, at, list = '', tag = ''] = process.argv;
await run(Number(contacts), Number(at), list, tag);
