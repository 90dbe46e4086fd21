import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf, namesIn } from './connector-rig.ts';
import { type LinkedinRig, openRig } from './linkedin-rig.ts';

const MINUTE = 60_000;

let rig: LinkedinRig;
let form: string;
beforeEach(async () => {
  rig = await openRig();
  form = rig.vendor.store.createForm('Newsletter', [{ name: 'email', predefinedField: 'EMAIL' }]);
});
afterEach(() => rig[Symbol.asyncDispose]());

function submit(count: number): string[] {
  const at = (n: number) => new Date(rig.now().getTime() - (n + 1) * MINUTE);
  return Array.from({ length: count }, (_, n) =>
    rig.vendor.store.submit(form, { email: `n${n}@example.com` }, { at: at(n) }),
  );
}

const leadsIn = (pages: Parameters<typeof namesIn>[0]) =>
  [...new Set(namesIn(pages).filter((name) => !name.includes(':')))].sort();

describe('a listing that is paged by number', () => {
  it('passes over nobody when leads are deleted behind the reader’s back', async () => {
    const ids = submit(20);

    const pages = await rig.read('leads', {
      pageSize: 4,
      meanwhile: ({ length }) => {
        // Of those that were read already: everybody behind moves up by two.
        if (length === 2) for (const id of ids.slice(0, 2)) rig.vendor.store.deleteLead(id);
      },
    });

    expect(leadsIn(pages)).toEqual([...ids].sort());
  });

  it('is given up for this run when it never holds still', async () => {
    submit(40);

    const failure = await failureOf(() =>
      rig.read('leads', {
        pageSize: 2,
        meanwhile: () => {
          const [newest] = [...rig.vendor.store.leads.keys()];
          rig.vendor.store.deleteLead(newest ?? '');
        },
      }),
    );

    expect(failure).toMatchObject({ kind: 'transient', code: 'linkedin/listing-moved' });
  });

  it('is read to its end where LinkedIn puts fewer on a page than it is asked for', async () => {
    await using small = await openRig({ mostOnPage: 7 });
    const other = small.vendor.store.createForm('Newsletter', [{ name: 'email', predefinedField: 'EMAIL' }]);
    const at = new Date(small.now().getTime() - MINUTE);
    for (let n = 0; n < 30; n += 1) small.vendor.store.submit(other, { email: `n${n}@example.com` }, { at });

    expect(leadsIn(await small.read('leads'))).toHaveLength(30);
  });

  it('is asked for so many that a page is full, and one more for the end of the page before', async () => {
    submit(60);
    await rig.read('leads');

    const asked = rig.vendor.calls.map(({ url }) => /start=(\d+)&count=(\d+)$/.exec(url)?.slice(1).map(Number));
    expect(asked).toEqual([
      [0, 49],
      [48, 50],
    ]);
  });
});

describe('windows', () => {
  it('reach as far back as LinkedIn keeps leads and social actions, then read a little again', async () => {
    const [first] = await rig.read('leads');
    await rig.read('social-actions');
    rig.pass(60 * MINUTE);
    await rig.read('leads', { from: first?.checkpoint });

    const day = 24 * 60 * MINUTE;
    const ranges = rig.vendor.calls.map(({ url }) => /start:(\d+),end:(\d+)/.exec(url)?.slice(1).map(Number) ?? []);
    expect(ranges.map(([from = 0, until = 0]) => until - from)).toEqual([365 * day, 60 * day, 70 * MINUTE]);
  });

  it('leave what came at their end to the next run, for LinkedIn counts it in', async () => {
    const id = rig.vendor.store.submit(form, { email: 'ann@example.com' });
    const [now] = await rig.read('leads');
    rig.pass(MINUTE);

    expect(namesIn(now === undefined ? [] : [now])).toEqual([]);
    expect(leadsIn(await rig.read('leads', { from: now?.checkpoint }))).toEqual([id]);
  });
});

describe('leads', () => {
  it('are taken of the forms that the connection names', async () => {
    const other = rig.vendor.store.createForm('Other', [{ name: 'email', predefinedField: 'EMAIL' }]);
    const at = new Date(rig.now().getTime() - MINUTE);
    const id = rig.vendor.store.submit(other, { email: 'ann@example.com' }, { at });
    submit(2);

    expect(leadsIn(await rig.read('leads', { config: { forms: [other] } }))).toEqual([id]);
  });

  it('that are gone are said to be so when they are read again', async () => {
    const [id = '', other = ''] = submit(2);
    rig.vendor.store.deleteLead(id);

    const page = await rig.reread('leads', [id, other, '../dmpSegments']);

    expect(page.changes.filter(({ kind }) => kind === 'gone')).toEqual([
      { kind: 'gone', fragment: `social:lead:${id}`, at: '2026-11-21T08:00:00.000Z', mapping: 1 },
    ]);
    expect(namesIn([page])).toEqual([`social:lead:${id}`, `social:lead:${other}`, other]);
  });

  it('do not try a refused token again', async () => {
    rig.vendor.faults.add({ kind: 'revoked-token', times: Number.POSITIVE_INFINITY });

    expect(await failureOf(() => rig.read('leads'))).toMatchObject({ kind: 'auth' });
    expect(rig.vendor.calls).toHaveLength(1);
  });
});

describe('people', () => {
  it('have the same id in a lead and under a post, and nothing else that is the same', async () => {
    const at = new Date(rig.now().getTime() - MINUTE);
    rig.vendor.store.submit(form, { email: 'ann@example.com' }, { at, person: 'aNN' });
    rig.vendor.store.act('COMMENT', 'aNN', { at, text: 'Nice shoes' });

    const pages = [...(await rig.read('leads')), ...(await rig.read('social-actions'))];
    const identifiers = pages.flatMap(({ changes }) =>
      changes.flatMap((one) => ('identifiers' in one ? [one.identifiers] : [])),
    );

    const person = { type: 'linkedin.scoped_id', value: 'aNN' };
    const lead = [{ type: 'email', value: 'ann@example.com' }, person];
    expect(identifiers).toEqual([lead, lead, [person]]);
  });
});
