import { useState } from 'preact/hooks';
import { to } from '../../app/addresses.ts';
import type { Answers } from '../../app/answers.ts';
import { ask } from '../../app/ask.ts';
import { Allowed } from '../../app/caller.tsx';
import { useAnswer } from '../../app/reading.ts';
import { Card } from '../../parts/card.tsx';
import { ConfirmButton } from '../../parts/confirm.tsx';
import { JobStanding } from '../../parts/job.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Shown } from '../../parts/shown.tsx';
import { IdentityGraph } from './graph.tsx';

type Merges = Answers['GET /api/people/{person}/merges'];

/** Which records are this person, by what evidence, and the way to take a piece of it back. */
export function IdentityCard({ person, changed }: { readonly person: string; readonly changed: () => void }) {
  const merges = useAnswer('GET /api/people/{person}/merges', { params: { person } });
  const [pointed, setPointed] = useState<string>();
  const [undoing, setUndoing] = useState<string>();
  const undo = async (edge: string): Promise<void> => {
    setUndoing((await ask('POST /api/people/{person}/unmerge', { params: { person }, body: { edge } })).id);
  };
  const ended = (): void => {
    merges.again();
    changed();
  };
  return (
    <Card title="Records" note="which ones are this person, and by what evidence">
      <Shown of={merges}>
        {(found) => (
          <div class="identity">
            <IdentityGraph merges={found} pointed={pointed} />
            <div>
              {found.crowded && (
                <p class="busy">
                  More people share this evidence than are grouped together: some of it may be missing.
                </p>
              )}
              <Evidence merges={found} point={setPointed} undo={undo} />
              <Refused merges={found} point={setPointed} />
              <Unusable merges={found} />
              <Apart merges={found} />
            </div>
          </div>
        )}
      </Shown>
      {undoing !== undefined && (
        <JobStanding
          job={undoing}
          running="The records are being parted…"
          whenEnded={ended}
          ended={({ parts }) => <Parted people={(parts[0]?.people ?? []) as readonly string[]} person={person} />}
        />
      )}
    </Card>
  );
}

function Evidence({
  merges: { merges, fragments },
  point,
  undo,
}: {
  readonly merges: Merges;
  readonly point: (edge: string | undefined) => void;
  readonly undo: (edge: string) => Promise<void>;
}) {
  if (merges.length === 0) {
    return <p class="quiet">{fragments.length === 1 ? 'One record is all there is.' : 'No evidence joins records.'}</p>;
  }
  return (
    <ul class="evidence" aria-label="Evidence that joins records">
      {merges.map(({ edge, fragment, joins, identifier, at }) => (
        <li key={edge} onMouseEnter={() => point(edge)} onMouseLeave={() => point(undefined)}>
          <div>
            <code>{fragment}</code> and <code>{joins}</code>
            <div>
              both have the {identifier.type} <code>{identifier.value}</code>
            </div>
            <div class="quiet">
              since <Moment at={at} />
            </div>
          </div>
          <Allowed to="POST /api/people/{person}/unmerge">
            <ConfirmButton
              yes="Undo this evidence"
              question={
                <>
                  <code>{fragment}</code> and <code>{joins}</code> become two people again and are kept apart, unless
                  other evidence joins them. Segments and lists follow.
                </>
              }
              does={() => undo(edge)}
            >
              Undo
            </ConfirmButton>
          </Allowed>
        </li>
      ))}
    </ul>
  );
}

function Refused({
  merges: { refused },
  point,
}: {
  readonly merges: Merges;
  readonly point: (edge: string | undefined) => void;
}) {
  if (refused.length === 0) return null;
  return (
    <>
      <h3>Evidence that carries nothing</h3>
      <ul class="evidence">
        {refused.map(({ edge, fragment, identifier, because }) => (
          <li key={edge} onMouseEnter={() => point(edge)} onMouseLeave={() => point(undefined)}>
            <div>
              <code>{fragment}</code>: {identifier.type} <code>{identifier.value}</code>
              <div class="quiet">{because}</div>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

function Unusable({ merges: { unusable } }: { readonly merges: Merges }) {
  if (unusable.length === 0) return null;
  return (
    <>
      <h3>Told as identifiers, and none</h3>
      <ul class="lines">
        {unusable.map(({ fragment, type, reason, at }) => (
          <li key={`${fragment} ${type}`}>
            <code>{fragment}</code>: {type}, <code>{reason}</code>, <Moment at={at} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Apart({ merges: { apart } }: { readonly merges: Merges }) {
  if (apart.length === 0) return null;
  return (
    <>
      <h3>Kept apart</h3>
      <ul class="lines">
        {apart.map(({ fragment, from, since }) => (
          <li key={`${fragment} ${from}`}>
            <code>{fragment}</code> from <code>{from}</code>, <Moment at={since} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Parted({ people, person }: { readonly people: readonly string[]; readonly person: string }) {
  return (
    <p>
      They are two people now:{' '}
      {people.map((one, index) => (
        <span key={one}>
          {index > 0 && ' and '}
          {one === person ? <code>{one}</code> : <a href={to('/people/{person}', { person: one })}>{one}</a>}
        </span>
      ))}
    </p>
  );
}
