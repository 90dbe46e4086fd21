import { useEffect, useRef, useState } from 'preact/hooks';
import { memberOutcomes } from '../../../lib/domain/tally.ts';
import type { OutcomeLine } from '../../../lib/pipeline/push/outcomes.ts';
import type { PushRun } from '../../../lib/pipeline/push/push-run.ts';
import { to } from '../../app/addresses.ts';
import { refusalOf } from '../../app/ask.ts';
import { DoButton } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { Moment } from '../../parts/moment.tsx';
import { count } from '../../parts/numbers.ts';
import { type Column, Table } from '../../parts/table.tsx';
import { reasonWords } from '../../parts/words.ts';
import { download, fileForms, outcomesOf } from './outcome-file.ts';

const SHOWN_AT_ONCE = 25;

/** What became of each member of a push: some at a time, by outcome, and as a file. */
export function OutcomeCard({ run }: { readonly run: PushRun }) {
  const [status, setStatus] = useState('');
  const [shown, setShown] = useState<readonly OutcomeLine[]>([]);
  const [said, setSaid] = useState('Reading…');
  const [ended, setEnded] = useState(true);
  const lines = useRef<AsyncIterator<OutcomeLine>>(undefined);
  const parts = run.outcomeParts;

  const more = async (before: readonly OutcomeLine[], own: AsyncIterator<OutcomeLine>): Promise<void> => {
    try {
      const { found, end } = await take(own, SHOWN_AT_ONCE);
      // Another choice was made meanwhile: what this one read is not shown any more.
      if (lines.current !== own) return;
      const now = [...before, ...found];
      setShown(now);
      setEnded(end);
      setSaid(now.length === 0 ? nobody(status) : `${count(now.length)} shown${end ? ', all of them' : ''}.`);
    } catch (thrown) {
      // Said where the rows would be; another choice reads again.
      if (lines.current === own) setSaid(refusalOf(thrown).message);
    }
  };
  // A run that goes on gets more parts: they are read from the start.
  useEffect(() => {
    const own = outcomesOf(run, status);
    lines.current = own;
    setSaid('Reading…');
    void more([], own);
  }, [run.id, parts, status]);

  return (
    <Card title="Outcomes" note="profiles, no addresses" wide>
      <div class="asked">
        <label for="outcome">Outcome</label>
        <select id="outcome" value={status} onChange={({ currentTarget }) => setStatus(currentTarget.value)}>
          <option value="">all outcomes</option>
          {memberOutcomes.map((name) => (
            <option key={name} value={name}>
              {name}: {reasonWords(name)}
            </option>
          ))}
        </select>
        {fileForms.map((form) => (
          <DoButton
            key={form.ending}
            does={async () => setSaid(`${count(await download(run, status, form))} outcomes written.`)}
          >
            Download {form.ending.toUpperCase()}
          </DoButton>
        ))}
      </div>
      <p class="quiet" role="status">
        {said}
      </p>
      {shown.length > 0 && (
        <Table
          caption="Outcomes of the members"
          columns={COLUMNS}
          rows={shown}
          rowKey={({ profile, op, at }) => `${profile} ${op} ${at}`}
          step={shown.length}
        />
      )}
      {!ended && (
        <DoButton
          does={async () => {
            if (lines.current !== undefined) await more(shown, lines.current);
          }}
        >
          Show more
        </DoButton>
      )}
    </Card>
  );
}

async function take(
  lines: AsyncIterator<OutcomeLine>,
  most: number,
): Promise<{ readonly found: readonly OutcomeLine[]; readonly end: boolean }> {
  const found: OutcomeLine[] = [];
  while (found.length < most) {
    const next = await lines.next();
    if (next.done === true) return { found, end: true };
    found.push(next.value);
  }
  return { found, end: false };
}

function nobody(status: string): string {
  return status === '' ? 'Outcomes of this run are not kept any more.' : `Nobody has the outcome ${status}.`;
}

const COLUMNS: readonly Column<OutcomeLine>[] = [
  {
    title: 'Profile',
    kind: 'long',
    cell: ({ profile }) => (
      <a href={to('/people/{person}', { person: profile })}>
        <code>{profile}</code>
      </a>
    ),
  },
  { title: 'Direction', cell: ({ op }) => op },
  { title: 'Outcome', cell: ({ status }) => <span title={reasonWords(status)}>{status}</span> },
  { title: 'Code', kind: 'long', cell: ({ code }) => code },
  { title: 'At', cell: ({ at }) => <Moment at={at} /> },
  {
    title: 'On the consent',
    cell: ({ consent }) =>
      consent !== undefined && (
        <div>
          {consent.topic}
          <div class="quiet">
            {consent.source}, <Moment at={consent.at} />
          </div>
        </div>
      ),
  },
];
