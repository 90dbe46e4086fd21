import { describe, expect, it } from 'vitest';
import type { Change, ProfileChange } from '../../../lib/domain/change.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { functions } from '../../../lib/infra/functions.ts';
import { readExport, startExport } from '../../../lib/pipeline/describe/export-person.ts';
import { findPerson } from '../../../lib/pipeline/describe/find-person.ts';
import { readReceipt } from '../../../lib/pipeline/erase/erasure-receipt.ts';
import { startForget } from '../../../lib/pipeline/erase/forget-person.ts';
import { workJobs } from '../../../lib/pipeline/jobs/work-jobs.ts';
import { quarantine } from '../../../lib/pipeline/quarantine.ts';
import { deliver, identityKey } from '../delivering.ts';
import { openHandClock } from '../memory-state.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { NOW } from '../world.ts';
import { openPrivacy, visit } from './forgetting.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const change = (id: string, address: string, name = `Name of ${id}`): Change => ({
  kind: 'profile',
  fragment: `crm:contact:${id}`,
  at: new Date(NOW - 9 * HOUR).toISOString(),
  identifiers: [{ type: 'email', value: address }],
  traits: { name, stage: 'customer' },
});
const line = (id: string, address: string) => ({
  of: `crm:contact:${id}`,
  mapping: 'contact',
  record: { Id: id, Email: address },
});
const ann = 'ann@example.com';
const bob = 'bob@example.com';

async function openRig() {
  const stores = openMemoryStores();
  const clock = openHandClock(NOW);
  const privacy = openPrivacy(stores, identityKey, clock);
  await deliver(stores, [[change('1', ann), change('2', bob, '<script>alert("x")</script>')]]);
  const { archive } = privacy;
  await archive.put('pages/crm/contacts/2026-11-20/04/a.ndjson.gz', [line('1', ann), line('2', bob)]);
  await archive.put('pages/crm/contacts/2026-11-20/05/b.ndjson.gz', [line('1', ann)]);
  await archive.put('pages/crm/contacts/2026-11-20/05/c.ndjson.gz', [line('2', bob)]);
  // A record that no mapping took: only its own text tells whom it names.
  await archive.put('pages/crm/contacts/2026-11-20/06/d.ndjson.gz', [
    { mapping: 'contact', record: { Email: 'ANN@example.com' } },
  ]);
  await archive.put('deliveries/2026-11-21/11/e.ndjson.gz', [
    { of: 'crm:contact:1', connection: 'crm', change: change('1', ann) },
    { of: 'crm:contact:2', connection: 'crm', change: change('2', bob) },
  ]);
  const round = async (): Promise<void> => {
    await privacy.jobs.send([{ body: { care: true } }]);
    await privacy.doJobs();
  };
  const people = () => JSON.stringify([...archive.objects].filter(([key]) => !key.startsWith('definitions/')));
  return { ...privacy, stores, clock, round, people };
}

describe('careForArchive', () => {
  it('takes erased people out of pages and deliveries, then confirms it', async () => {
    const rig = await openRig();
    const person = await findPerson(rig.deps, ann);
    const { receipt } = await startForget(rig.deps, person?.id ?? '');
    await rig.doJobs();
    expect(rig.people()).toMatch(/ann@example.com/i);

    rig.clock.pass(DAY);
    await rig.round();

    expect(rig.people()).not.toMatch(/ann@example.com|contact:1"/i);
    expect(rig.people().match(/bob@example.com/g)).toHaveLength(3);
    const keys = [...rig.archive.objects.keys()].filter((key) => /^(pages|deliveries)/.test(key));
    expect(keys).toEqual([
      'pages/crm/contacts/2026-11-20/04/a.ndjson.gz',
      'pages/crm/contacts/2026-11-20/05/c.ndjson.gz',
      'deliveries/2026-11-21/11/e.ndjson.gz',
    ]);
    const places = new Map((await readReceipt(rig.state, receipt))?.places.map(({ place, state }) => [place, state]));
    expect(places.get('archive')).toBe('confirmed');
    expect(places.get('backups')).toBe('pending');
  });

  it('takes out what a later pull archives of them again, by what was noted of each hour', async () => {
    const rig = await openRig();
    await rig.forget(ann);
    rig.clock.pass(DAY);
    await rig.round();
    const reads: string[] = [];
    const { lines } = rig.deps.archive;
    rig.deps.archive.lines = async (key) => {
      reads.push(key);
      return lines(key);
    };

    await rig.archive.put('pages/crm/contacts/2026-11-22/04/f.ndjson.gz', [line('1', ann), line('2', bob)]);
    rig.clock.pass(DAY);
    await rig.round();

    expect(rig.people()).not.toMatch(/ann@example.com/i);
    expect(new Set(reads)).toEqual(new Set(['pages/crm/contacts/2026-11-22/04/f.ndjson.gz']));
  });

  it('takes away whole what is older than the archive is kept, which a rewriting would make S3 keep anew', async () => {
    const rig = await openRig();
    await rig.forget(ann);
    const { privacy } = await rig.deps.definitions();
    const pages = () => [...rig.archive.objects.keys()].filter((key) => /^(pages|deliveries)/.test(key));

    rig.clock.pass(privacy.archiveKeptMs - 2 * DAY);
    await rig.round();
    expect(pages()).toHaveLength(3);
    rig.clock.pass(4 * DAY);
    await rig.round();

    expect(pages()).toEqual([]);
  });

  it('gives S3 two days more than the term to remove what expires by itself', async () => {
    const rig = await openRig();
    const { places } = await rig.forget(ann);
    const { privacy } = await rig.deps.definitions();

    const until = new Map(places.map(({ place, until }) => [place, until]));
    const later = (ms: number) => new Date(NOW + ms + 2 * DAY).toISOString();
    expect(until.get('checks of lists')).toBe(later(privacy.activitiesKeptMs));
    expect(until.get('plans and outcomes')).toBe(later(Math.max(privacy.activitiesKeptMs, privacy.archiveKeptMs)));
  });

  it('ends the receipt when backups and dead letters have expired', async () => {
    const rig = await openRig();
    const person = await findPerson(rig.deps, ann);
    const { receipt } = await startForget(rig.deps, person?.id ?? '');
    await rig.doJobs();
    rig.clock.pass(20 * DAY);
    await rig.round();
    expect((await readReceipt(rig.state, receipt))?.state).toBe('pending');

    rig.clock.pass(400 * DAY);
    await rig.round();

    expect((await readReceipt(rig.state, receipt))?.state).toBe('done');
  });
});

describe('the nightly round in quarantine', () => {
  const unusable = (id: string, address: string) => ({
    code: 'sync/bad-record',
    reason: 'Birthdate: expected a date',
    record: { Id: id, Email: address },
  });
  const kept = async ({ state }: Awaited<ReturnType<typeof openRig>>) =>
    (await state.list('quarantine#crm', { most: 9 })).map(({ body }) => (body.record as { Id: string }).Id).sort();

  it('takes out what a later pull of an erased person could not use, and nothing of others', async () => {
    const rig = await openRig();
    const { places } = await rig.forget(ann);
    rig.clock.pass(DAY / 2);
    await quarantine(rig.deps, 'crm', 'contacts', 'run#0#0', [unusable('1', ann), unusable('2', bob)]);
    expect(await kept(rig)).toEqual(['1', '2']);

    await rig.round();

    expect(places.find(({ place }) => place === 'quarantine')?.state).toBe('confirmed');
    expect(await kept(rig)).toEqual(['2']);
  });

  it('leaves what names somebody who has come back by their own word', async () => {
    const rig = await openRig();
    await rig.forget(ann);
    await rig.resolve([visit(1)]);
    await quarantine(rig.deps, 'crm', 'contacts', 'run#0#0', [unusable('1', ann)]);

    await rig.round();

    expect(await kept(rig)).toEqual(['1']);
  });

  it('is searched on from where time was short, and the receipts wait for it', async () => {
    const rig = await openRig();
    await rig.forget(ann);
    const people = Array.from({ length: 250 }, (_, at) => unusable(String(at), at % 50 === 0 ? ann : bob));
    await quarantine(rig.deps, 'crm', 'contacts', 'run#0#0', people);
    const work = workJobs(rig.deps);
    const { list } = rig.deps.state;
    const read: string[] = [];
    let time = new AbortController();
    rig.deps.state.list = async (kind, asked) => {
      const found = await list(kind, asked);
      if (kind !== 'quarantine#crm') return found;
      read.push(...found.map(({ id }) => id));
      // A page of quarantined records is all that there is time for.
      time.abort();
      return found;
    };
    rig.clock.pass(DAY);
    await rig.jobs.send([{ body: { care: true } }]);

    await rig.doJobs(async (body) => {
      if (read.length > 1_000) throw new Error('every step begins the quarantine anew');
      time = new AbortController();
      await work(body, time.signal);
    });

    expect(read).toHaveLength(250);
    expect(new Set(read).size).toBe(250);
    rig.deps.state.list = list;
    expect((await rig.state.list('quarantine#crm', { most: 300 })).length).toBe(245);
    const jobs = await rig.state.list('job', { most: 9 });
    const rounds = jobs.flatMap(({ id, body }) => (id.startsWith('care.') ? [body.state] : []));
    expect(rounds).toEqual(['finished']);
  });
});

describe('an export that is under way while its person is erased', () => {
  /** One step of it finds somebody, then reads an hour of the archive for as long as a step may last. */
  async function openUnderWay() {
    const rig = await openRig();
    await deliver(rig.stores, [[change('3', 'old@example.com')]]);
    const asked = (await findPerson(rig.deps, 'old@example.com'))?.id ?? '';
    // The export was asked for under an id that is merged by now.
    const phone = { type: 'phone', value: '+493012345678' };
    const both = [change('1', ann), change('3', 'old@example.com')].map((one) => ({
      ...(one as ProfileChange),
      at: new Date(NOW - HOUR).toISOString(),
      identifiers: [...((one as ProfileChange).identifiers ?? []), phone],
    }));
    await deliver(rig.stores, [both]);
    const person = await findPerson(rig.deps, ann);
    await startExport(rig.deps, asked);
    const message = rig.jobs.next() ?? null;
    const { lines } = rig.deps.archive;
    const time = new AbortController();
    rig.deps.archive.lines = async (key) => {
      const found = await lines(key);
      if (!key.startsWith('pages/') || rig.stores.tombstones().length > 0) return found;
      await startForget(rig.deps, person?.id ?? '');
      const first = rig.jobs.next() ?? null;
      const { signal } = new AbortController();
      await workJobs(rig.deps)(first, signal);
      expect(rig.stores.tombstones()).toHaveLength(1);
      // The step lasts as long as it may; what is due before its end is done before it puts anything aside.
      const end = rig.clock.now().getTime() + (functions['run-job'].timeoutSeconds - 1) * 1_000;
      const [waits] = (await rig.state.list('job', { most: 9 })).filter(({ id }) => id.startsWith('forget.'));
      if (Number(waits?.body.notBefore) <= end) await workJobs(rig.deps)(rig.jobs.next() ?? null, signal);
      rig.clock.pass(end - rig.clock.now().getTime());
      time.abort();
      return found;
    };
    await workJobs(rig.deps)(message, time.signal);
    const left = () => [...rig.archive.objects.keys()].filter((key) => key.startsWith('exports/'));
    return { ...rig, left };
  }
  it('leaves nothing once the second look has come, though the step dies after what it put aside', async () => {
    const rig = await openUnderWay();
    expect(rig.left()).not.toEqual([]);
    const waiting = rig.jobs.waiting().map((body) => (body as { job: string }).job);
    expect(waiting.map((job) => job.split('.')[0]).sort()).toEqual(['export', 'forget']);

    await rig.doJobs(async (body) => {
      if ((body as { job: string }).job.startsWith('forget'))
        await workJobs(rig.deps)(body, new AbortController().signal);
    });

    expect(rig.left()).toEqual([]);
  });

  it('removes itself what it had put aside when it finds nobody any more', async () => {
    const rig = await openUnderWay();
    expect(rig.left()).not.toEqual([]);

    await rig.doJobs(async (body) => {
      if ((body as { job: string }).job.startsWith('export'))
        await workJobs(rig.deps)(body, new AbortController().signal);
    });

    expect(rig.left()).toEqual([]);
    const [{ body } = { body: {} }] = (await rig.state.list('job', { most: 9 })).filter(({ id }) =>
      id.startsWith('export'),
    );
    expect(body).toMatchObject({ state: 'failed', error: { code: 'export/no-such-person' } });
  });
});

describe('exportPerson', () => {
  it('writes everything that is known, from everywhere, and nothing of others', async () => {
    const rig = await openRig();
    await deliver(rig.stores, [
      [
        {
          kind: 'activity',
          fragment: 'crm:contact:1',
          at: new Date(NOW - HOUR).toISOString(),
          id: 'o1',
          name: 'Opened',
          properties: { subject: 'Hello' },
        },
      ],
    ]);
    await rig.state.put('quarantine#crm', 'q', { record: { Email: ann }, code: 'sync/bad-record' }, 0);
    await rig.state.put('quarantine#crm', 'r', { record: { Email: bob }, code: 'sync/bad-record' }, 0);

    const id = await startExport(rig.deps, (await findPerson(rig.deps, ann))?.id ?? '');
    await rig.doJobs();

    const part = await readExport(rig.deps, id, 'json', 0);
    const whole = JSON.parse(part?.text ?? '') as Record<string, Json>;
    expect(whole).toMatchObject({
      person: { identifiers: [{ type: 'email', value: ann }], traits: { name: 'Name of 1' }, segments: ['customers'] },
      fragments: { 'crm:contact:1': { traits: { name: ['Name of 1', NOW - 9 * HOUR, 1] } } },
      activities: [{ name: 'Opened', properties: { subject: 'Hello' } }],
      audiences: [{ audience: 'to-tool', wanted: { in: true } }],
      quarantine: [{ record: { Email: ann } }],
    });
    expect((whole.archive as readonly Json[]).map((one) => (one as { object: string }).object)).toEqual([
      'deliveries/2026-11-21/11/e.ndjson.gz',
      'pages/crm/contacts/2026-11-20/04/a.ndjson.gz',
      'pages/crm/contacts/2026-11-20/05/b.ndjson.gz',
      'pages/crm/contacts/2026-11-20/06/d.ndjson.gz',
    ]);
    expect(part?.text).not.toContain(bob);
    expect(part?.parts).toBe(1);
    expect(await readExport(rig.deps, id, 'json', 1)).toBeUndefined();
    expect(await readExport(rig.deps, id, 'pdf', 0)).toBeUndefined();
  });

  it('writes a page on which nothing of a record can run', async () => {
    const rig = await openRig();

    const id = await startExport(rig.deps, (await findPerson(rig.deps, bob))?.id ?? '');
    await rig.doJobs();

    const page = (await readExport(rig.deps, id, 'html', 0))?.text ?? '';
    expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;');
    expect(page).not.toMatch(/<script|<img|javascript:|\son\w+=/i);
    expect(page).toContain('bob@example.com');
  });

  it('is gone with the person', async () => {
    const rig = await openRig();
    const id = await startExport(rig.deps, (await findPerson(rig.deps, ann))?.id ?? '');
    await rig.doJobs();

    await rig.forget(ann);

    expect(await readExport(rig.deps, id, 'json', 0)).toBeUndefined();
  });
});
