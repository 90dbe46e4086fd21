import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { boughtInstead, month } from './bought-instead.ts';
import type { Measurement } from './measurement.ts';
import { isPlotted, type Plot, plotsOf } from './plots.ts';
import { promisesTable } from './promises.ts';

const results = new URL('results/', import.meta.url);

/** What each bench is about, in the order of the page. */
const chapters: readonly { readonly job: string; readonly title: string; readonly about: string }[] = [
  {
    job: 'units',
    title: 'What DynamoDB charges',
    about:
      'Write and read units of the function resolve-profile, counted from the sizes of the items before and after each request, indexes and failed conditions included. People, segments and audiences are those of `examples/acme`, which learns who opens again: for that a profile keeps what was done in 62 days, at most 256 of each kind, and grows with it. An activity is one row; the rest is its share of the one write of its person.',
  },
  {
    job: 'requests',
    title: 'What a request costs who sends it',
    about:
      'One item of 370 bytes by each kind of request, against DynamoDB Local, six requests under way. Batches go the short way past most of the SDK (docs/adr/0045).',
  },
  {
    job: 'push',
    title: 'What vendors hear of a push',
    about:
      'An audience of 10,000 through activate-audience, the official clients and the simulated tools over HTTP: filled, one in a hundred taken out, emptied. The target is what the vendor’s batch size allows. Since it was counted, an addition also reads its person and their records, to see whether they are paused (docs/adr/0079): the people of this bench have neither.',
  },
  {
    job: 'backfill',
    title: 'What vendors hear of a backfill',
    about:
      'All contacts of the simulated tool through its connector over HTTP, page by page, the tool in a process of its own. Half-way the reader is killed with a page in hand, and another process goes on from the last checkpoint. The target of the calls is what the tool’s page size allows, with what has to be asked besides: once a reader for signing in, describing and starting; for HubSpot once a page, because a search does not say to which companies contacts belong. The heap is measured after each page, once what nobody needs is collected.',
  },
  {
    job: 'import-and-push',
    title: 'A company comes in, and an audience goes out',
    about:
      'Contacts with the fields that `examples/acme` reads, from the simulated Salesforce through the functions on the local stage into profiles and ten segments, then one audience into the simulated Mailchimp; each once, from cold processes. Units are counted on a smaller import, by looking each item up before and after; parts of the processor time are V8’s samples in each process, waiting for a processor included, so that only their shares mean something. Between the two, whoever came in is compared with everybody else for duplicates, which is asked for by the import and done 90 seconds later; a long import has it in its own time. The made-up people have 1,600 names among them, so that many look alike. The tools are in a process of their own. *stage* (proxy, queues, schedules) and *java* (DynamoDB Local) stand in for AWS. The target of the processor time is a twentieth of what the closest open-source peer took for the same, 43 ms a contact. It was met by 10,000 (2.02 ms) until weights for comparing were estimated (docs/adr/0062): people are found by 6.6 blocks in place of 3.6, so that comparing takes 1.4 times as long (0.93 ms a contact in place of 0.66), and so does an import of 50,000, of which it is most of the work. For it, suggestions are right more often (the chapter on duplicates has both). The import itself takes what it took, in as many requests; a workspace that says `duplicates: off` compares nobody. Since these times were taken, people of up to ten messages are compared together, and a person is made ready for it in two thirds of the processor time; the units are of after that: those of comparing were told too low for writes and too high for reads before, because the bench did not see some of its requests fail.',
  },
  {
    job: 'realtime',
    title: 'The same, pushed as it changes',
    about:
      'The same company in the same run twice: with an audience that is pushed once when everybody is in, and with one of `when: realtime`, whose changes are gathered for a minute. Contacts that come in together are gathered together: the list is full when the pull is, with as many calls. Smaller than the import above, so that the start of cold processes weighs more in the processor time of a contact.',
  },
  {
    job: 'load',
    title: 'Websites, apps and webhooks for minutes',
    about:
      'Through the functions on the local stage at the machine’s own speed, two processes a function: twelve of twenty requests are single messages, seven are signed webhooks, one is a server’s batch of twenty. *Sustained*: twenty requests a second, for five minutes in the workspace that is the base, for twenty seconds in the larger ones. *Burst*: a thousand at once over 64 connections. *Refused*: the queue fails seven of ten sends of the functions, which answer 503 or 500 and are asked again. Waits are from the answer to the membership written, of everybody’s first activity in the phase. Afterwards every accepted activity is looked for, by name. The *script that writes directly* is what an afternoon makes: for each event get the person, put the person, the event and what changed; no queue, no condition. It gets the same events, due at the same instants, on the same engine. It is sooner, and spends less on an activity, while few come at once; what two of its functions write over each other is lost. The stage has neither API Gateway’s limit of 200 requests a second (1,000 for the collector) nor its 429. The machine did nothing else; the sender, the stage, DynamoDB Local and the functions share its two cores. Beside thirty other processes the same load was accepted, and became members, a thousand times later: that is what a queue is for; nothing was lost or there twice either.',
  },
  {
    job: 'cost',
    title: 'Dollars',
    about:
      'At AWS’s public prices of us-east-1 in November 2026, from what the chapters around measured: units, invocations, milliseconds, bytes. Activities come in batches of a server, ten a person. Logs, transfer and what tools charge are not in it.',
  },
  {
    job: 'compression',
    title: 'A profile, compressed',
    about:
      'Items of people from two tools, after as many activities, written in several ways; what a million writes of the profile then cost with the read before each, and the processor time. The other rows of an activity are the same either way. The decision is docs/adr/0071-profiles-stay-text.md.',
  },
  {
    job: 'resolve',
    title: 'Changes into profiles',
    about:
      'One worker of resolve-profile with batches of ten messages of 200 KB. *Bare store calls* are the very calls that the worker made of its stores, made again with nothing around them. A conflict is a conditional write that somebody else’s write overtook; it is folded again.',
  },
  {
    job: 'mapping',
    title: 'Records into changes',
    about:
      'One core: a vendor’s record through its mapping into a change, the change checked as it is when it comes off the queue, and folded into a fragment.',
  },
  {
    job: 'segments',
    title: 'Segments',
    about:
      'Fifty mixed segments on one core, every engine on the same people in turn, a page of 50 at a time, so that they are at hand as a profile is that was just read; the time of a quick page (of a hundred the tenth) is told. *Native* engines read what was done and when, and fold case, themselves. The others have no windows: before their time starts they are handed a count for every window at this very instant, and texts in lower case. Slow ones are asked about fewer people. All but `tributary-with-flips` only say who is a member; it also says until when. Of a change only the segments are asked that it can move; together with the answers from before it they are compared with a whole evaluation of the person after it.',
  },
  {
    job: 'bundles',
    title: 'Functions that start',
    about:
      'Bytes of each function’s bundle, and the processor time of a fresh process that loads it over one that loads nothing; of ten loads a quick one (of five the first), because other work on the machine is in the others. *SDKs alone* are the clients that a function uses and nothing else, bundled the same way: AWS’s, and the vendor’s own imported as its documentation says. A function that starts loads no connector; the first call that asks for one does. So the rows by vendor tell both: what starting takes over the SDKs, and what a process has loaded after that call, *with both* the connector and the vendor’s client. What the second takes over the SDKs is Zod (some 10 ms), the connector’s schemas (2 ms for a hundred) and the reading of its files; for Mailchimp, whose client is small, that is a third of the whole. `api` speaks to no vendor; it serves by Hono, with Zod for what it is sent (20 ms).',
  },
  {
    job: 'collect',
    title: 'Messages of websites and apps',
    about:
      'The bundled function collect in a process of its own, one request at a time as Lambda gives them, with SQS and S3 played by a server that answers at once. A person counts as visible when the API shows them with the whole anonymous history, asked every 20 ms.',
  },
  {
    job: 'duplicates',
    title: 'Duplicates found',
    about:
      'Pairs of records suggested as one person, against the pairs that are, in FEBRL’s three sets of made-up people (1,000, 5,000 and 5,000 records; the truth is the number in `rec_id`), at the threshold of a workspace that says nothing, 85%. The social security number is declared as `numbers`. *Exact rule*: the same number, or the same first name, last name and birthday. *Fixed score*: weights set by hand, with fewer fields and blocks, as this project had them before. Precision and F1 of estimated weights have a target. The library Splink publishes a best F1 of 0.9954 for the third set (its own demo notebook febrl3, with the threshold chosen by the truth).',
  },
  {
    job: 'learned',
    title: 'What is learned',
    about:
      'Parameters of BG/NBD on CDNOW’s customers beside those that are published (Fader, Hardie and Lee), labels of clusters over refits, and propensities by logistic regression beside boosted trees, on people who were held out.',
  },
  {
    job: 'console',
    title: 'The console',
    about:
      'The built pages in a browser, and the API over DynamoDB Local: a thousand published segments with two weeks of facts, one of them with so many people, of whom each has a profile, a row in the segment and a row in its audience. The other segments have facts and no people. *Items read* are what DynamoDB is asked for, for everything on the page.',
  },
  {
    job: 'idle',
    title: 'A month in which nothing happens',
    about:
      'What the template of `examples/acme` costs while nobody does anything, by AWS’s public prices of us-east-1 in November 2026.',
  },
  {
    job: 'offline',
    title: 'Commands without a stage',
    about:
      'The built command line on files of made-up people, beside a program that only reads and writes the file as JSON.',
  },
];

const promisesAbout =
  'What the product was planned to reach, before it was built, beside what the chapters below measured. Each row is one line of the bench that it names. The processor times and speeds of requests are those that the plan rests on, measured then with the SDK as it is.';

/** The page and its pictures as the saved results make them. */
export function writePage(): { readonly page: string; readonly plots: readonly Plot[] } {
  const saved = new Map(
    readdirSync(results)
      .filter((name) => name.endsWith('.ndjson'))
      .map((name) => [name.replace('.ndjson', ''), readLines(name)]),
  );
  const plots = plotsOf(saved);
  const parts = chapters.flatMap(({ job, title, about }) => {
    const lines = saved.get(job);
    if (lines === undefined) return [];
    const pictures = plots.filter((plot) => plot.job === job).map(({ alt, file }) => `![${alt}](images/${file})`);
    const more = job === 'cost' ? [boughtTable()] : [];
    const all = [`## ${title}`, wrapped(about), machineOf(lines), ...pictures, tablesOf(lines), ...more];
    return [all.join('\n\n')];
  });
  const page = `${[
    '# Performance',
    '<!-- Written by bench/write-page.ts from bench/results. Run `npm run bench -- --save`, then `node --import tsx bench/write-page.ts`. -->',
    'Counts and ratios hold on any machine. Times are those of the machine that is named, on which other work ran; compare\nthem with each other, not with a clock of your own. In brackets: what the product promises.',
    `## Numbers to design for\n\n${wrapped(promisesAbout)}\n\n${promisesTable(saved, grouped)}`,
    ...parts,
  ].join('\n\n')}\n`;
  return { page, plots };
}

/** What one would buy instead for the month that is compared: whose price, of what, from where, and what is not in it. */
function boughtTable(): string {
  const about = `The month: ${grouped(month.people)} people known, ${grouped(month.active)} of them do something, ${grouped(month.activities)} activities, ${month.nights} nights of one audience. Prices of others are those found published; who agrees a price with a seller pays something else, and no product does quite the same.`;
  const rows = boughtInstead.map(({ product, dollars, arithmetic, source, not }) =>
    [product, dollars === undefined ? 'not published' : `$${grouped(dollars)}`, arithmetic, source, not].join(' | '),
  );
  const head = ['bought instead', 'the month', 'how', 'where the price stands', 'not in it'];
  const lines = [head.join(' | '), head.map((_, at) => (at === 1 ? '---:' : '---')).join(' | '), ...rows];
  return `${wrapped(about)}\n\n${lines.map((line) => `| ${line} |`).join('\n')}`;
}

/** A paragraph in lines of at most 118 characters. */
function wrapped(text: string): string {
  return text.replaceAll(/(.{1,118})(?: |$)/g, '$1\n').trimEnd();
}

function readLines(name: string): readonly Measurement[] {
  const text = readFileSync(new URL(name, results), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Measurement);
}

function machineOf(lines: readonly Measurement[]): string {
  const machine = lines.find(({ metric }) => metric === 'machine');
  const { node = 'unknown', cpu = 'an unknown processor', gibibytes, java } = machine?.of ?? {};
  const memory = gibibytes === undefined ? '' : `, ${gibibytes} GiB`;
  const engine = java === undefined ? '' : `, Java ${java}`;
  return `Node ${node}${engine}, ${machine?.value ?? '?'} cores of ${cpu}${memory}.`;
}

/** One table for each set of measures: a row for each thing measured, a column for each measure. */
function tablesOf(lines: readonly Measurement[]): string {
  const things = new Map<string, Measurement[]>();
  for (const line of lines) {
    if (line.metric === 'machine' || isPlotted(line)) continue;
    const thing = JSON.stringify(line.of ?? {});
    things.set(thing, [...(things.get(thing) ?? []), line]);
  }
  const tables = new Map<string, Measurement[][]>();
  for (const measured of things.values()) {
    const columns = measured.map(headOf).join(' | ');
    tables.set(columns, [...(tables.get(columns) ?? []), measured]);
  }
  return [...tables].map(([columns, rows]) => tableOf(columns, rows)).join('\n\n');
}

function tableOf(columns: string, rows: readonly (readonly Measurement[])[]): string {
  const names = Object.keys(rows[0]?.[0]?.of ?? {}).map((name) => name.replaceAll('_', ' '));
  const cells = rows.map((row) => [...Object.values(row[0]?.of ?? {}).map(grouped), ...row.map(cellOf)].join(' | '));
  const rule = [...names.map(() => '---'), ...(rows[0] ?? []).map(() => '---:')].join('|');
  return [`| ${[...names, columns].join(' | ')} |`, `|${rule}|`, ...cells.map((cell) => `| ${cell} |`)].join('\n');
}

function headOf({ metric, unit }: Measurement): string {
  return unit === 'ratio' || metric.includes(unit) ? metric : `${metric}, ${unit}`;
}

function cellOf({ value, target }: Measurement): string {
  if (target === undefined) return grouped(value);
  const [words, met] =
    'most' in target
      ? [`at most ${grouped(target.most)}`, value <= target.most]
      : [`at least ${grouped(target.least)}`, value >= target.least];
  return met ? `${grouped(value)} (${words})` : `**${grouped(value)}** (missed: ${words})`;
}

function grouped(value: string | number): string {
  return typeof value === 'number' ? value.toLocaleString('en-US', { maximumFractionDigits: 4 }) : value;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { page, plots } = writePage();
  writeFileSync(new URL('../docs/performance.md', import.meta.url), page);
  for (const { file, svg } of plots) writeFileSync(new URL(`../docs/images/${file}`, import.meta.url), svg);
}
