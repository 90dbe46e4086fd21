import { useState } from 'preact/hooks';
import type { DataPage } from '../../../lib/pipeline/describe/describe-data.ts';
import { to } from '../../app/addresses.ts';
import type { Answers } from '../../app/answers.ts';
import { ask } from '../../app/ask.ts';
import { useAnswer } from '../../app/reading.ts';
import { DoButton } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { Choice } from '../../parts/field.tsx';
import { count } from '../../parts/numbers.ts';
import { Shown } from '../../parts/shown.tsx';

type Rejected = Answers['GET /api/quarantine/{connection}'][number];

/** As many records as one answer of the API holds. */
const ONE_ANSWER = 100;

/** Records that could not be used, by connection, with the reason; the record itself when somebody opens it. */
export function Quarantine({
  sources,
  asked,
}: {
  readonly sources: DataPage['quarantine'];
  readonly asked: string | undefined;
}) {
  const [connection, setConnection] = useState(asked ?? sources[0]?.connection ?? '');
  if (sources.length === 0) {
    return (
      <Card title="Quarantine" wide>
        <p class="good">Every record could be used.</p>
      </Card>
    );
  }
  return (
    <Card title="Quarantine" note="records that could not be used, kept for 90 days" wide>
      <Choice
        id="quarantine-of"
        label="Connection"
        value={connection}
        change={setConnection}
        options={sources.map(({ connection: name, records, more }) => [
          name,
          `${name}: ${count(records)}${more ? ' or more' : ''}`,
        ])}
      />
      <RecordList key={connection} connection={connection} />
    </Card>
  );
}

function RecordList({ connection }: { readonly connection: string }) {
  const first = useAnswer('GET /api/quarantine/{connection}', { params: { connection } });
  const [later, setLater] = useState<readonly Rejected[]>([]);
  return (
    <Shown of={first}>
      {(records) => {
        const shown = [...records, ...later];
        const last = shown.at(-1);
        return (
          <>
            <ul class="rejected">
              {shown.map((one) => (
                <RejectedItem key={one.id} record={one} />
              ))}
            </ul>
            {last !== undefined && shown.length % ONE_ANSWER === 0 && (
              <DoButton
                does={async () => {
                  const question = { params: { connection }, query: { after: last.id } };
                  const more = await ask('GET /api/quarantine/{connection}', question);
                  setLater([...later, ...more]);
                }}
              >
                Show more
              </DoButton>
            )}
          </>
        );
      }}
    </Shown>
  );
}

function RejectedItem({ record: { id, connection, stream, code, reason, record } }: { readonly record: Rejected }) {
  const hour = hourIn(id);
  return (
    <li>
      <details>
        <summary>
          <strong>{reason}</strong>{' '}
          <span class="quiet">
            {stream} <code>{code}</code>
          </span>
        </summary>
        <pre>{JSON.stringify(record, null, 2)}</pre>
        {hour !== undefined && (
          <p>
            <a href={to('/data', undefined, { quarantine: connection, from: hour, connection })}>
              Read its hour again, when the mapping is mended
            </a>
          </p>
        )}
      </details>
    </li>
  );
}

/** The hour in which a record came, which the names of runs and deliveries say. */
function hourIn(id: string): string | undefined {
  const found = /\d{4}-\d{2}-\d{2}T\d{2}/.exec(id)?.[0];
  return found === undefined ? undefined : `${found}:00:00Z`;
}
