import { useState } from 'preact/hooks';
import type { DataPage, RejectedReason } from '../../../lib/pipeline/describe/describe-data.ts';
import type { RejectedPart } from '../../../lib/pipeline/replay/replay-rejected.ts';
import type { Answers } from '../../app/answers.ts';
import { ask } from '../../app/ask.ts';
import { Allowed } from '../../app/caller.tsx';
import { useAnswer } from '../../app/reading.ts';
import { DoButton } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { Choice } from '../../parts/field.tsx';
import { JobStanding } from '../../parts/job.tsx';
import { count } from '../../parts/numbers.ts';
import { Scrolls } from '../../parts/scrolls.tsx';
import { Shown } from '../../parts/shown.tsx';

type Source = DataPage['quarantine'][number];
type Rejected = Answers['GET /api/quarantine/{connection}'][number];

/** Which records are read again. */
type Asked = { readonly ids: readonly string[] } | Pick<RejectedReason, 'code' | 'stream' | 'reason'>;

/** As many records as one answer of the API holds. */
const ONE_ANSWER = 100;

/** Records that could not be used, by why; each can be read again by itself, or with all that were refused alike. */
export function Quarantine({
  sources,
  asked,
  again,
}: {
  readonly sources: DataPage['quarantine'];
  readonly asked: string | undefined;
  /** Something was read again: how many there are has changed. */
  readonly again: () => void;
}) {
  const [chosen, setChosen] = useState(asked);
  // The last one of a connection may have been read again.
  const source = sources.find(({ connection }) => connection === chosen) ?? sources[0];
  const [job, setJob] = useState<string>();
  if (source === undefined) {
    return (
      <Card title="Quarantine" wide>
        <p class="good">Every record could be used.</p>
        {job !== undefined && <ReadAgain key={job} job={job} ended={again} />}
      </Card>
    );
  }
  const { connection } = source;
  const read = async (body: Asked): Promise<void> => {
    setJob((await ask('POST /api/quarantine/{connection}/replay', { params: { connection }, body })).id);
  };
  return (
    <Card title="Quarantine" note="records that could not be used, kept for 90 days" wide>
      <Choice
        id="quarantine-of"
        label="Connection"
        value={connection}
        change={setChosen}
        options={sources.map((one) => [one.connection, `${one.connection}: ${numberOf(one)}`])}
      />
      {job !== undefined && <ReadAgain key={job} job={job} ended={again} />}
      <ul class="rejected">
        {source.reasons.map((reason) => (
          <ReasonItem key={JSON.stringify(reason)} connection={connection} of={reason} read={read} />
        ))}
      </ul>
      <p class="quiet">
        Records are read by the mappings as they are now, as if the tool had told them today; nothing is asked of it.
      </p>
    </Card>
  );
}

function numberOf({ records, more }: Source): string {
  return `${count(records)}${more ? ' or more' : ''}`;
}

function ReadAgain({ job, ended }: { readonly job: string; readonly ended: () => void }) {
  return (
    <JobStanding
      job={job}
      running="The records are being read again…"
      whenEnded={ended}
      ended={({ parts }) => {
        const { used, refused, unreadable } = parts[0] as unknown as RejectedPart;
        return (
          <p class={refused + unreadable === 0 ? 'good' : 'busy'}>
            {count(used)} could be used now{refused > 0 && `; ${count(refused)} are refused as before`}
            {unreadable > 0 &&
              `; ${count(unreadable)} cannot be read by themselves: send their file, or delivery, again`}
            .
          </p>
        );
      }}
    />
  );
}

/** Records that were refused alike: the reason, how many, and on demand each of them. */
function ReasonItem({
  connection,
  of: { stream, code, reason, records },
  read,
}: {
  readonly connection: string;
  readonly of: RejectedReason;
  readonly read: (asked: Asked) => Promise<void>;
}) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          <strong>{reason}</strong>{' '}
          <span class="quiet">
            {count(records)} of {stream} <code>{code}</code>
          </span>
        </summary>
        <Allowed to="POST /api/quarantine/{connection}/replay">
          <div class="actions">
            <DoButton does={() => read({ code, stream, reason })}>
              {records === 1 ? 'Read it again' : `Read all ${count(records)} again`}
            </DoButton>
          </div>
        </Allowed>
        {open && (
          <RecordList
            connection={connection}
            alike={(one) => one.stream === stream && one.code === code && one.reason === reason}
            read={read}
          />
        )}
      </details>
    </li>
  );
}

function RecordList({
  connection,
  alike,
  read,
}: {
  readonly connection: string;
  readonly alike: (record: Rejected) => boolean;
  readonly read: (asked: Asked) => Promise<void>;
}) {
  const first = useAnswer('GET /api/quarantine/{connection}', { params: { connection } });
  const [later, setLater] = useState<readonly Rejected[]>([]);
  return (
    <Shown of={first}>
      {(records) => {
        const listed = [...records, ...later];
        const last = listed.at(-1);
        return (
          <>
            <ul>
              {listed.filter(alike).map((one) => (
                <RejectedItem key={one.id} record={one} read={read} />
              ))}
            </ul>
            {last !== undefined && listed.length % ONE_ANSWER === 0 && (
              <DoButton
                does={async () => {
                  const question = { params: { connection }, query: { after: last.id } };
                  const more = await ask('GET /api/quarantine/{connection}', question);
                  setLater([...later, ...more]);
                }}
              >
                Look through older ones
              </DoButton>
            )}
          </>
        );
      }}
    </Shown>
  );
}

function RejectedItem({
  record: { id, record },
  read,
}: {
  readonly record: Rejected;
  readonly read: (asked: Asked) => Promise<void>;
}) {
  return (
    <li>
      <Scrolls kind="scrolls" label={`Record ${id}`}>
        <pre>{JSON.stringify(record, null, 2)}</pre>
      </Scrolls>
      <Allowed to="POST /api/quarantine/{connection}/replay">
        <DoButton does={() => read({ ids: [id] })}>Read this one again</DoButton>
      </Allowed>
    </li>
  );
}
