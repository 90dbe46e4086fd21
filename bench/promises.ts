import { existsSync } from 'node:fs';
import type { Measurement } from './measurement.ts';

/** A number that the product was designed for, and the line of a bench that measures it. */
export interface Promised {
  readonly what: string;
  readonly job: string;
  readonly metric: string;
  /** Of what it was measured; the line has these and may have more. */
  readonly of?: Measurement['of'];
  /** Absent = the line's own; `none` = printed, nothing is promised of it. */
  readonly target?: NonNullable<Measurement['target']> | 'none';
}

/** What is kept by a page or a command being there. */
export interface PromisedFile {
  readonly what: string;
  readonly path: string;
  readonly instead: string;
}

const small = { profile_kb: 2, activities_a_batch_and_person: 10 };
const fifty = { segments: 50, people: 10_000 };
const imported = { phase: 'import', contacts: 10_000 };
const both = (contacts: number) => ({ phase: 'import and push', contacts });

/** The numbers that docs/performance.md begins with, in the order in which the product was planned. */
export const promises: readonly Promised[] = [
  {
    what: 'Write units an activity, ten a write, profiles of 2 KB',
    job: 'units',
    metric: 'write units per activity',
    of: small,
  },
  { what: 'Read units of the same', job: 'units', metric: 'read units per activity', of: small },
  { what: 'Transactions of the same', job: 'units', metric: 'transactions per activity', of: small },
  {
    what: 'Write units of a single activity',
    job: 'units',
    metric: 'write units per activity',
    of: { profile_kb: 2, activities_a_batch_and_person: 1 },
    target: 'none',
  },
  ...(['BatchExecuteStatement, 25 with a condition each', 'BatchWriteItem, 25', 'BatchGetItem, 100'] as const).flatMap(
    (request): Promised[] => [
      {
        what: `${request}: processor time of the client an item`,
        job: 'requests',
        metric: 'CPU of the client an item',
        of: { request },
      },
      { what: `${request}: items a second`, job: 'requests', metric: 'items a second', of: { request } },
    ],
  ),
  {
    what: 'No request per person: requests of an import, a contact',
    job: 'import-and-push',
    metric: 'requests to DynamoDB, a contact',
    of: imported,
    target: { most: 1 },
  },
  {
    what: 'No request per activity: requests an activity',
    job: 'units',
    metric: 'requests per activity',
    of: small,
    target: { most: 1 },
  },
  {
    what: 'Fifty segments of one person, over JavaScript generated for each rule',
    job: 'segments',
    metric: 'speed over generated JavaScript',
    of: { engine: 'tributary' },
  },
  {
    what: 'The same in rules a second, one core',
    job: 'segments',
    metric: 'evaluations a second',
    of: { engine: 'tributary' },
    target: { least: 5_700_000 },
  },
  {
    what: 'Fifty segments as the product asks, each with the instant of its next flip, over the same JavaScript',
    job: 'segments',
    metric: 'speed over generated JavaScript',
    of: { engine: 'tributary-with-flips' },
    target: { least: 1 },
  },
  {
    what: 'One changed trait, over a whole evaluation',
    job: 'segments',
    metric: 'a changed trait over a whole evaluation',
    of: fifty,
  },
  {
    what: 'One added activity, over a whole evaluation',
    job: 'segments',
    metric: 'an added activity over a whole evaluation',
    of: fifty,
  },
  ...['contacts', 'members', 'activities'].flatMap((records): Promised[] => [
    {
      what: `Map ${records} and check them, one core`,
      job: 'mapping',
      metric: 'map and check',
      of: { records },
      target: { least: 200_000 },
    },
    { what: `The same, normalised and folded`, job: 'mapping', metric: 'map, check and fold', of: { records } },
  ]),
  {
    what: 'Rows that the night of a million members reads for 10,000 that changed: index, row, and again before sending',
    job: 'push',
    metric: 'rows read of a night',
    of: { rows: 1_000_000 },
    target: { most: 40_000 },
  },
  ...(['salesforce', 'hubspot'] as const).flatMap((source): Promised[] => [
    {
      what: `Calls that bring 10,000 contacts of ${source}, of 100,000, by the tool’s page size`,
      job: 'backfill',
      metric: 'calls a 10,000 contacts',
      of: { source, contacts: 100_000 },
    },
    {
      what: 'Memory of the same, at the end over after a fifth',
      job: 'backfill',
      metric: 'heap in use at the end over after a fifth',
      of: { source, contacts: 100_000 },
    },
  ]),
  {
    what: 'Calls that carry 10,000 new members to Mailchimp',
    job: 'push',
    metric: 'calls that carry members',
    of: { vendor: 'mailchimp', adds: 10_000 },
  },
  {
    what: 'The same to Salesforce',
    job: 'push',
    metric: 'calls that carry members',
    of: { vendor: 'salesforce', by: 'salesforce.contact_id', adds: 10_000 },
  },
  ...[10_000, 50_000].flatMap((contacts): Promised[] => [
    {
      what: `A twentieth of the closest peer’s processor time: import and push of ${contacts.toLocaleString('en-US')}, a contact`,
      job: 'import-and-push',
      metric: 'CPU of the functions, a contact',
      of: both(contacts),
    },
    {
      what: 'Vendor calls of the same, a contact (the peer made three)',
      job: 'import-and-push',
      metric: 'vendor calls a contact',
      of: both(contacts),
    },
  ]),
  ...['collect', 'resolve-profile'].map(
    (name): Promised => ({
      what: `Load time of ${name} over bare Node`,
      job: 'bundles',
      metric: 'load time over bare Node',
      of: { function: name },
    }),
  ),
  ...(['receive-webhook', 'sync-stream', 'activate-audience'] as const).flatMap((name) =>
    (['salesforce', 'mailchimp', 'hubspot'] as const).flatMap((vendor): Promised[] => [
      {
        what: `Loading ${name}, over its SDKs alone, with that of ${vendor}`,
        job: 'bundles',
        metric: 'load CPU of the function over that of the SDKs alone',
        of: { function: name, vendor },
      },
      {
        what: `The same, and ${vendor}’s connector and client loaded by its first call`,
        job: 'bundles',
        metric: 'load CPU with both over that of the SDKs alone',
        of: { function: name, vendor },
      },
    ]),
  ),
  ...['collect', 'receive-webhook', 'resolve-profile'].map(
    (name): Promised => ({
      what: `Vendors’ clients on the path of ${name}`,
      job: 'bundles',
      metric: 'bytes of vendor clients read before the first call',
      of: { function: name },
    }),
  ),
  {
    what: 'Activities accepted under load that no profile counts',
    job: 'load',
    metric: 'activities that no profile counts',
    of: { workspace: 'base' },
  },
  {
    what: 'An idle month, nothing taken off for what AWS gives away',
    job: 'idle',
    metric: 'dollars of an idle month',
  },
  {
    what: 'The same, less what every account has for nothing',
    job: 'idle',
    metric: 'dollars of an idle month, less what is free',
    target: 'none',
  },
];

const promisedFiles: readonly PromisedFile[] = [
  {
    what: '`tributary cost` prints the idle cost',
    path: 'cli/commands/cost.ts',
    instead: 'there is no such command; `npm run bench -- --job idle` prints it',
  },
  {
    what: 'Past one account: the plan with its arithmetic in `docs/scale.md`',
    path: 'docs/scale.md',
    instead: 'not written',
  },
];

/** The table of what was promised. Throws when a number has no line: a bench that is gone would go unnoticed. */
export function promisesTable(
  saved: ReadonlyMap<string, readonly Measurement[]>,
  say: (value: number) => string,
): string {
  const rows = promises.map((promised) => {
    const found = (saved.get(promised.job) ?? []).find((line) => measures(line, promised));
    if (found === undefined) throw new Error(`no saved line measures: ${promised.what}`);
    const target = promised.target === 'none' ? undefined : (promised.target ?? found.target);
    const unit = found.unit === 'ratio' ? '' : ` ${found.unit}`;
    return [
      promised.what,
      targetText(target, say),
      `${say(found.value)}${unit}`,
      verdictOf(found.value, target),
      `\`${promised.job}\``,
    ];
  });
  const files = promisedFiles.map(({ what, path, instead }) => {
    const isThere = existsSync(new URL(`../${path}`, import.meta.url));
    return [what, 'there', isThere ? 'there' : instead, isThere ? 'met' : '**missed**', ''];
  });
  const head = ['number', 'target', 'measured', '', 'bench'];
  const lines = [head, ['---', '---:', '---:', '---', '---'], ...rows, ...files];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function measures(line: Measurement, { metric, of = {} }: Promised): boolean {
  return line.metric === metric && Object.entries(of).every(([name, value]) => line.of?.[name] === value);
}

function targetText(target: Measurement['target'], say: (value: number) => string): string {
  if (target === undefined) return 'printed';
  return 'most' in target ? `at most ${say(target.most)}` : `at least ${say(target.least)}`;
}

function verdictOf(value: number, target: Measurement['target']): string {
  if (target === undefined) return '';
  const isMet = 'most' in target ? value <= target.most : value >= target.least;
  return isMet ? 'met' : '**missed**';
}
