import { memberOutcomes } from '../lib/domain/tally.ts';
import { CSV_HEAD, csvLine, type OutcomeLine } from '../lib/pipeline/push/outcomes.ts';
import type { PushRun } from '../lib/pipeline/push/push-run.ts';
import { button, type Column, card, count, element, moment, sentenceOf, table } from './dom.ts';
import { ask } from './stage-api.ts';
import { reasonWords } from './words.ts';

const SHOWN_AT_ONCE = 25;

interface Part {
  readonly parts: number;
  readonly outcomes: readonly OutcomeLine[];
}

/** How a file of outcomes is written. */
interface Form {
  readonly ending: 'csv' | 'ndjson';
  readonly type: string;
  readonly head: string;
  line(outcome: OutcomeLine): string;
}

const FORMS: readonly Form[] = [
  { ending: 'csv', type: 'text/csv', head: CSV_HEAD, line: csvLine },
  { ending: 'ndjson', type: 'application/x-ndjson', head: '', line: (outcome) => `${JSON.stringify(outcome)}\n` },
];

/** What became of each member of a push: some at a time, by outcome, and as a file. */
export function outcomeCard(run: PushRun, timezone: string): HTMLElement {
  const names = memberOutcomes.map((name) => element('option', { value: name }, `${name}: ${reasonWords(name)}`));
  const select = element('select', { id: 'outcome' }, element('option', { value: '' }, 'all outcomes'), ...names);
  const said = element('p', { class: 'quiet', role: 'status' });
  const rows = element('div', {});
  let lines: AsyncIterator<OutcomeLine>;
  let shown: OutcomeLine[] = [];
  /** Grows with each choice: what an earlier one still reads is not shown any more. */
  let choice = 0;

  async function choose(): Promise<void> {
    choice += 1;
    shown = [];
    lines = outcomesOf(run, select.value)[Symbol.asyncIterator]();
    await more();
  }

  async function more(): Promise<void> {
    const own = choice;
    said.textContent = 'Reading…';
    try {
      const { found, ended } = await take(lines, SHOWN_AT_ONCE);
      if (own !== choice) return;
      shown = [...shown, ...found];
      said.textContent =
        shown.length === 0 ? nobody(select.value) : `${count(shown.length)} shown${ended ? ', all of them' : ''}.`;
      const next = ended ? [] : [button('Show more', more)];
      rows.replaceChildren(...(shown.length === 0 ? [] : [outcomeTable(shown, timezone)]), ...next);
    } catch (thrown) {
      if (own !== choice) return;
      said.textContent = sentenceOf(thrown);
      rows.replaceChildren(button('Try again', choose));
    }
  }

  const files = FORMS.map((form) =>
    button(`Download ${form.ending.toUpperCase()}`, async () => {
      said.textContent = 'Writing the file…';
      try {
        said.textContent = `${count(await download(run, select.value, form))} outcomes written.`;
      } catch (thrown) {
        said.textContent = sentenceOf(thrown);
      }
    }),
  );
  select.addEventListener('change', () => void choose());
  void choose();
  const filter = element('div', { class: 'asked' }, element('label', { for: 'outcome' }, 'Outcome'), select, ...files);
  const made = card('Outcomes', 'profiles, no addresses', filter, said, rows);
  made.classList.add('wide');
  return made;
}

/** Outcomes of a run, those with a status only if one is given, a part at a time. */
async function* outcomesOf({ id }: PushRun, status: string): AsyncGenerator<OutcomeLine> {
  for (let part = 0, parts = 1; part < parts; part += 1) {
    const found = await ask<Part>(`/api/runs/${encodeURIComponent(id)}/outcomes/${part}`);
    parts = found.parts;
    for (const line of found.outcomes) if (status === '' || line.status === status) yield line;
  }
}

async function take(
  lines: AsyncIterator<OutcomeLine>,
  most: number,
): Promise<{ readonly found: readonly OutcomeLine[]; readonly ended: boolean }> {
  const found: OutcomeLine[] = [];
  while (found.length < most) {
    const next = await lines.next();
    if (next.done === true) return { found, ended: true };
    found.push(next.value);
  }
  return { found, ended: false };
}

function nobody(status: string): string {
  return status === '' ? 'Outcomes of this run are not kept any more.' : `Nobody has the outcome ${status}.`;
}

function outcomeTable(lines: readonly OutcomeLine[], timezone: string): HTMLElement {
  const columns: Column<OutcomeLine>[] = [
    { title: 'Profile', kind: 'long', cell: ({ profile }) => element('code', {}, profile) },
    { title: 'Direction', cell: ({ op }) => op },
    { title: 'Outcome', cell: ({ status }) => element('span', { title: reasonWords(status) }, status) },
    { title: 'Code', kind: 'long', cell: ({ code }) => code },
    { title: 'At', cell: ({ at }) => moment(at, timezone) },
    {
      title: 'On the consent',
      cell: ({ consent }) => (consent === undefined ? undefined : consentCell(consent, timezone)),
    },
  ];
  return table('Outcomes of the members', columns, lines);
}

function consentCell({ topic, source, at }: NonNullable<OutcomeLine['consent']>, timezone: string): HTMLElement {
  return element('div', {}, topic, element('div', { class: 'quiet' }, `${source}, `, moment(at, timezone)));
}

/** Writes outcomes to a file of the browser's, and says how many. */
async function download(run: PushRun, status: string, { ending, type, head, line }: Form): Promise<number> {
  const texts = [head];
  for await (const outcome of outcomesOf(run, status)) texts.push(line(outcome));
  const url = URL.createObjectURL(new Blob(texts, { type }));
  const name = [run.id.replaceAll(':', ''), ...(status === '' ? [] : [status]), ending].join('.');
  element('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return texts.length - 1;
}
