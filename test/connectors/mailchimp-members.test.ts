import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Page } from '../../lib/connectors/contract.ts';
import type { MailchimpClient } from '../../lib/connectors/mailchimp/client.ts';
import { memberIdOf } from '../../lib/connectors/mailchimp/member.ts';
import { members } from '../../lib/connectors/mailchimp/members.stream.ts';
import type { Change } from '../../lib/domain/change.ts';
import type { Json } from '../../lib/domain/json.ts';
import { LIST, openRig, type Rig } from '../vendors/mailchimp/open.ts';

const HOUR = 3_600_000;
const addresses = Array.from({ length: 10 }, (_, n) => `p${n}@example.com`);

let rig: Rig;
let api: MailchimpClient;
beforeEach(async () => {
  rig = await openRig();
  api = rig.connect();
  for (const email of addresses) rig.vendor.putMember(LIST, { email });
  rig.pass(HOUR);
});
afterEach(() => rig.close());

describe('members', () => {
  it('reads everybody of one second once, over the edges of pages', async () => {
    const pages = await read(undefined);

    expect(pages.map((page) => page.changes.length)).toEqual([3, 3, 3, 1, 0]);
    expect(fragmentsOf(pages)).toEqual(fragments(addresses));
  });

  it('skips nobody when members change and vanish while it reads', async () => {
    const reader = members.read(api, 'newsletter', undefined, options())[Symbol.asyncIterator]();
    const pages: Page[] = [(await reader.next()).value];
    rig.vendor.putMember(LIST, { email: 'p0@example.com', merge: { FNAME: 'Ann' } });
    rig.vendor.deletePermanently(LIST, 'p1@example.com');
    for (let step = await reader.next(); step.done !== true; step = await reader.next()) pages.push(step.value);
    rig.pass(HOUR);
    const later = await read(pages.at(-1)?.checkpoint);

    expect(fragmentsOf(pages)).toEqual(fragments(addresses));
    expect(fragmentsOf(later)).toEqual(fragments(['p0@example.com']));
  });

  it('loses nobody when it is killed and people change before it resumes', async () => {
    const [first] = await read(undefined, 1);
    for (const email of addresses.slice(0, 3)) rig.vendor.setStatus(LIST, email, 'unsubscribed');
    rig.vendor.putMember(LIST, { email: 'new@example.org' });
    rig.pass(HOUR);

    const rest = await read(first?.checkpoint);
    const next = await read(rest.at(-1)?.checkpoint);

    const seen = new Set([...fragmentsOf(first === undefined ? [] : [first]), ...fragmentsOf(rest)]);
    expect(seen).toEqual(new Set(fragments(addresses)));
    expect(fragmentsOf(next)).toEqual(fragments([...addresses.slice(0, 3), 'new@example.org']));
  });

  it('keeps the window of the run it resumes', async () => {
    const [first] = await read(undefined, 1);
    rig.pass(HOUR);
    rig.vendor.putMember(LIST, { email: 'new@example.org' });
    rig.pass(HOUR);

    const rest = await read(first?.checkpoint);

    expect(rest.at(-1)?.checkpoint).toEqual({ v: 1, pass: 'done', until: Date.parse('2026-11-21T09:00:00Z') });
    expect(fragmentsOf(rest)).not.toContain(fragments(['new@example.org'])[0]);
  });

  it('finds the archived in a second pass, as a denial by the company', async () => {
    rig.vendor.setStatus(LIST, 'p4@example.com', 'archived', 'admin');
    rig.pass(HOUR);

    const pages = await read({ v: 1, pass: 'done', until: Date.parse('2026-11-21T08:30:00Z') });

    const [change] = pages.flatMap((page) => page.changes);
    expect(rig.vendor.calls.map(({ query }) => query.get('status'))).toEqual([null, 'archived']);
    expect(change).toMatchObject({
      fragment: fragments(['p4@example.com'])[0],
      consent: [{ topic: 'email', state: 'denied', by: 'company', at: '2026-11-21T09:00:00.000Z' }],
    });
  });

  it('reads a second again that the last run may have seen half of', async () => {
    const until = rig.now().getTime();
    const pages = await read(undefined);
    rig.vendor.putMember(LIST, { email: 'late@example.org', at: new Date(until) });
    rig.pass(HOUR);

    const next = await read(pages.at(-1)?.checkpoint);

    expect(fragmentsOf(next)).toEqual(fragments(['late@example.org']));
  });

  it('asks for the fields it reads and no others', async () => {
    const [page] = await read(undefined, 1);

    const [line] = page?.lines ?? [];
    const record = line !== undefined && 'record' in line ? line.record : undefined;
    expect(record).toMatchObject({ email_address: expect.any(String) as string });
    expect(Object.keys(record ?? {})).not.toEqual(expect.arrayContaining(['_links']));
    expect(rig.vendor.calls[0]?.query.get('since_last_changed')).toBeNull();
    expect(rig.vendor.calls[0]?.query.get('before_last_changed')).toBe('2026-11-21T09:00:00+00:00');
  });

  it('reads the end of a list of fifty thousand', async () => {
    for (let n = 0; n < 50_000; n += 1) rig.vendor.putMember(LIST, { email: `m${n}@example.org` });
    rig.pass(HOUR);
    const position = { pass: 'listed', since: null, until: rig.now().getTime(), offset: 49_000, total: 50_010 };

    let count = 0;
    const from = { v: 1, ...position };
    for await (const page of members.read(api, 'newsletter', from, { ...options(), pageSize: 1_000 })) {
      count += page.changes.length;
    }

    expect(count).toBe(1_010);
  });

  it('rereads members by id, and calls gone only whom the list really lacks', async () => {
    rig.vendor.changeAddress(LIST, 'p0@example.com', 'moved@example.com');
    const ids = ['p0@example.com', 'moved@example.com'].map(memberIdOf);

    const page = await members.reread?.(api, 'newsletter', ids, options());

    expect(page?.changes.map(({ kind }) => kind)).toEqual(['gone', 'profile']);
    expect(page?.changes[0]).toEqual({
      kind: 'gone',
      fragment: fragments(['p0@example.com'])[0],
      at: '2026-11-21T09:00:00.000Z',
      mapping: 1,
    });
  });

  it('calls nobody gone when the list itself cannot be found', async () => {
    const lost = rig.connect({ list: 'elsewhere' });

    await expect(members.reread?.(lost, 'newsletter', [memberIdOf('p0@example.com')], options())).rejects.toMatchObject(
      {
        kind: 'config',
        code: 'mailchimp/not-found',
      },
    );
  });
});

function options() {
  return { pageSize: 3, signal: new AbortController().signal, now: rig.now() };
}

async function read(from: Json | undefined, most = 100): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of members.read(api, 'newsletter', from, options())) {
    pages.push(page);
    if (pages.length === most) break;
  }
  return pages;
}

function fragmentsOf(pages: readonly Page[]): string[] {
  const changes: Change[] = pages.flatMap((page) => page.changes);
  return changes.map((change) => (change.kind === 'account' ? '' : change.fragment)).sort();
}

function fragments(of: readonly string[]): string[] {
  return of.map((address) => `newsletter:member:${memberIdOf(address)}`).sort();
}
