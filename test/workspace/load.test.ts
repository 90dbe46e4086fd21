import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnyConnector, loadConnectors } from '../../lib/connectors/define.ts';
import { connectors as registry } from '../../lib/connectors/registry.ts';
import { loadWorkspace, readWorkspace } from '../../lib/workspace/load.ts';
import { problemsWith, readWith, soundFiles } from './a-workspace.ts';

const connectors = await loadConnectors(registry);

const examples = join(import.meta.dirname, '..', '..', 'examples');

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tributary-workspace-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), text);
  }
}

describe('loadWorkspace', () => {
  it('reads a folder as it reads the files in it', async () => {
    await write(soundFiles);

    expect((await loadWorkspace(dir)).definitions).toEqual(readWith({}).definitions);
  });

  it('says that a folder is missing', async () => {
    const { definitions, problems } = await loadWorkspace(join(dir, 'nowhere'));

    expect(definitions).toBeUndefined();
    expect(problems).toEqual([
      {
        file: 'tributary.yaml',
        line: 1,
        column: 1,
        code: 'workspace/not-found',
        found: 'no such folder',
        expected: 'a folder with a tributary.yaml',
      },
    ]);
  });

  it('says that tributary.yaml is missing, and still checks the other files', async () => {
    await write({ 'personas/a.yaml': 'persona: b\n' });

    const { problems } = await loadWorkspace(dir);

    expect(problems.map(({ file, code }) => [file, code])).toEqual([
      ['personas/a.yaml', 'workspace/file-name'],
      ['tributary.yaml', 'workspace/unreadable-file'],
    ]);
  });

  it('refuses the ending .yml, which would be passed over in silence', async () => {
    await write({ ...soundFiles, 'segments/other.yml': 'segment: other\n', 'segments/notes.md': '# notes\n' });

    expect((await loadWorkspace(dir)).problems).toEqual([
      {
        file: 'segments/other.yml',
        line: 1,
        column: 1,
        code: 'workspace/file-name',
        found: 'the ending .yml',
        expected: 'the ending .yaml',
      },
    ]);
  });

  it('refuses a folder in a folder, which would be passed over in silence', async () => {
    await write({ ...soundFiles, 'segments/eu/other.yaml': 'segment: other\n' });

    expect((await loadWorkspace(dir)).problems).toMatchObject([
      { file: 'segments/eu', code: 'workspace/file-name', found: 'a folder', expected: 'a file right in segments' },
    ]);
  });

  it('does not read a file that is too large', async () => {
    await write({ ...soundFiles, 'personas/huge.yaml': `# ${'x'.repeat(300_000)}\n` });

    const { problems } = await loadWorkspace(dir);

    expect(problems.map(({ file, code }) => [file, code])).toEqual([
      ['personas/huge.yaml', 'workspace/file-too-large'],
    ]);
  });

  it('reads the example of the documentation', async () => {
    const { definitions, problems } = await loadWorkspace(join(examples, 'acme'));

    expect(problems).toEqual([]);
    expect(definitions?.workspace).toBe('acme');
    expect(definitions?.connections.salesforce).toEqual({
      name: 'salesforce',
      connector: 'salesforce',
      endpoint: 'simulator',
      streams: {
        contacts: { expression: 'rate(15 minutes)', words: 'every 15 minutes' },
        leads: { expression: 'rate(15 minutes)', words: 'every 15 minutes' },
        accounts: { expression: 'rate(6 hours)', words: 'every 6 hours' },
        activities: { expression: 'rate(1 hour)', words: 'hourly' },
        opportunities: { expression: 'rate(1 hour)', words: 'hourly' },
      },
      webhook: false,
      quotaShare: 0.3,
      erasure: 'remove',
      config: { fields: { lifecycle_stage: 'Lifecycle_Stage__c' } },
    });
    expect(definitions?.audiences.find(({ audience }) => audience === 'lapsing-to-mailchimp')).toEqual({
      audience: 'lapsing-to-mailchimp',
      segment: 'lapsing-customers',
      connection: 'newsletter',
      target: { tag: 'Lapsing' },
      match: ['email'],
      mode: 'mirror',
      needs: { subscribed: 'email' },
      holdout: 0.1,
      when: { expression: 'cron(0 3 * * ? *)', words: 'nightly at 03:00' },
      verify: { when: { expression: 'cron(0 5 ? * SUN *)', words: 'weekly on sunday at 05:00' }, heal: 'report' },
    });
  });
});

describe('readWorkspace', () => {
  it('fills in what is not written', () => {
    const { definitions } = readWith({
      'tributary.yaml': 'workspace: bare\ntimezone: UTC\n',
      'audiences/lapsing-to-tag.yaml': undefined,
    });

    expect(definitions).toMatchObject({
      connections: {},
      audiences: [],
      identity: {
        priorities: {},
        blocked: [],
        limits: {
          '*': { most: 5, per: 'ever' },
          user_id: { most: 1, per: 'ever' },
          anonymous_id: { most: 5, per: 'week' },
          ga_client_id: { most: 5, per: 'week' },
        },
        sharedAt: 3,
        countries: {},
      },
      guardrails: { maxAdd: 0.2, maxRemove: 0.05, minSource: 0.8 },
      privacy: { activitiesKeptMs: 400 * 86_400_000, archiveKeptMs: 90 * 86_400_000 },
      collection: { writeKeys: {} },
    });
  });

  it('takes what is written', () => {
    const { definitions, problems } = readWith({
      'tributary.yaml': `${soundFiles['tributary.yaml']}
collection: { write_keys: { web: wk_acme_web_1 }, strict: true }
identity:
  blocked: [ " NoReply@Example.COM ", "+49 30 123456", " Info@Example.com", Demo-7 ]
  limits: { email: 3, anonymous_id: 2 per week }
  shared_at: 4
  countries: { salesforce: AT, web: DE }
guardrails: { max_add: 2.5% }
privacy: { archive_kept: 2 weeks }
`,
    });

    expect(problems).toEqual([]);
    expect(definitions).toMatchObject({
      identity: {
        blocked: ['noreply@example.com', '+4930123456', 'info@example.com', 'Demo-7'],
        limits: { email: { most: 3, per: 'ever' }, anonymous_id: { most: 2, per: 'week' } },
        sharedAt: 4,
        countries: { salesforce: 'AT', web: 'DE' },
      },
      guardrails: { maxAdd: 0.025, maxRemove: 0.05 },
      privacy: { archiveKeptMs: 14 * 86_400_000 },
      collection: { writeKeys: { web: 'wk_acme_web_1' }, strict: true },
    });
  });

  it('gives equal contents an equal version, and other contents another', () => {
    const sound = readWith({}).definitions?.version;
    const commented = readWith({ 'tributary.yaml': `# the same\n${soundFiles['tributary.yaml']}` }).definitions
      ?.version;
    const retitled = readWith({ 'segments/lapsing.yaml': `title: Lapsing\n${soundFiles['segments/lapsing.yaml']}` });

    expect(sound).toMatch(/^[0-9a-f]{16}$/);
    expect(commented).toBe(sound);
    expect(retitled.definitions?.version).not.toBe(sound);
  });

  it('accepts an audience that is pushed at once, and one that is pushed by hand', () => {
    const at = (words: string) =>
      readWith({
        'audiences/lapsing-to-tag.yaml': soundFiles['audiences/lapsing-to-tag.yaml']?.replace(/when: .*/, words),
      });

    expect(at('when: realtime').definitions?.audiences[0]?.when).toBe('realtime');
    expect(at('').definitions?.audiences[0]?.when).toBeUndefined();
    expect(problemsWith('tributary.yaml', 'hourly', 'realtime').map(({ code }) => code)).toEqual([
      'workspace/bad-schedule',
    ]);
  });

  it('takes the bus that a connector reads events from, and no other', () => {
    const read = (bus: string, connector: string) => {
      const main = `workspace: acme\ntimezone: UTC\nconnections:\n  crm:\n    connector: ${connector}\n    event_bus: ${bus}\n`;
      return readWorkspace([{ file: 'tributary.yaml', bytes: Buffer.from(main) }], connectors);
    };
    const bus = 'aws.partner/salesforce.com/00D5g000001DemoEAC/0YL5g00000001AAGAY';

    expect(read(bus, 'salesforce').definitions?.connections.crm?.eventBus).toBe(bus);
    expect(read('aws.partner/example.com/1', 'salesforce').problems).toMatchObject([
      {
        line: 6,
        column: 16,
        code: 'workspace/no-events',
        expected: expect.stringContaining('aws.partner/salesforce.com/'),
      },
    ]);
    expect(read(bus, 'files').problems.map(({ code }) => code)).toContain('workspace/no-events');
    expect(read('default', 'salesforce').problems).toMatchObject([{ line: 6, column: 16 }]);
  });

  it('holds a workspace to what its connectors can do', () => {
    const { audiences, fieldValues: __, webhook: _, ...rest } = connectors.mailchimp as AnyConnector;
    const readers: AnyConnector = rest;
    const adders: AnyConnector = { ...rest, ...(audiences ? { audiences: { ...audiences, canRemove: false } } : {}) };
    const read = (mailchimp: AnyConnector) => {
      const main = soundFiles['tributary.yaml']?.replace('list: a1b2c3', 'list: a1b2c3\n    webhook: true');
      const files = Object.entries({ ...soundFiles, 'tributary.yaml': main ?? '' });
      const all = files.map(([file, text]) => ({ file, bytes: Buffer.from(text) }));
      return readWorkspace(all, { ...connectors, mailchimp }).problems;
    };

    expect(read(readers)).toEqual([
      {
        file: 'audiences/lapsing-to-tag.yaml',
        line: 3,
        column: 19,
        code: 'workspace/no-destination',
        found: 'connection "newsletter", whose connector mailchimp takes no audiences',
        expected: 'a destination',
      },
      {
        file: 'tributary.yaml',
        line: 12,
        column: 14,
        code: 'workspace/no-webhook',
        found: 'webhook of connector mailchimp',
        expected: 'no webhook: it has none',
      },
    ]);
    expect(read(adders)[0]).toEqual({
      file: 'audiences/lapsing-to-tag.yaml',
      line: 1,
      column: 1,
      code: 'workspace/cannot-remove',
      found: 'mirror, the default',
      expected: 'add-only: connector mailchimp cannot remove anyone',
    });
  });
});
