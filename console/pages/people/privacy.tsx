import { useState } from 'preact/hooks';
import { to } from '../../app/addresses.ts';
import { ask } from '../../app/ask.ts';
import { Allowed, useCaller } from '../../app/caller.tsx';
import { DoButton } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { ConfirmButton } from '../../parts/confirm.tsx';
import { JobStanding } from '../../parts/job.tsx';
import { saveAs } from '../../parts/save.ts';

/** Everything that is known, as a file; and everything gone, everywhere. */
export function PrivacyCard({ person }: { readonly person: string }) {
  const { may } = useCaller();
  const [writing, setWriting] = useState<string>();
  const [forgetting, setForgetting] = useState<string>();
  // Whoever may forget somebody may export them too.
  if (!may.includes('POST /api/export')) return undefined;
  return (
    <Card title="Access and erasure">
      <div class="asked">
        <DoButton does={async () => setWriting((await ask('POST /api/export', { body: { person } })).id)}>
          Export everything known
        </DoButton>
        <Allowed to="POST /api/forget">
          <ConfirmButton
            yes="Erase this person"
            question="Everything known about this person is erased here, and no import brings it back. Each tool that knows of them is asked as its connection says: to delete them for good, to take them off our lists, or nothing. This cannot be undone."
            does={async () => setForgetting((await ask('POST /api/forget', { body: { person } })).id)}
          >
            Forget this person
          </ConfirmButton>
        </Allowed>
      </div>
      {writing !== undefined && (
        <JobStanding
          job={writing}
          running="Everything is gathered, from the archive too; this may take a while."
          ended={() => (
            <p>
              Written. <DoButton does={() => save(writing, 'html')}>To read</DoButton>{' '}
              <DoButton does={() => save(writing, 'json')}>As JSON</DoButton>
            </p>
          )}
        />
      )}
      {forgetting !== undefined && (
        <JobStanding
          job={forgetting}
          running="The person is being erased; each tool confirms its part."
          ended={() => (
            <p>
              Erased, with a receipt. <a href={to('/people')}>Back to People</a>
            </p>
          )}
        />
      )}
    </Card>
  );
}

async function save(job: string, form: 'html' | 'json'): Promise<void> {
  const texts: string[] = [];
  for (let part = 0, parts = 1; part < parts; part += 1) {
    const found = await ask('GET /api/exports/{job}/{form}/{part}', { params: { job, form, part: String(part) } });
    parts = found.parts;
    texts.push(found.text);
  }
  saveAs(new Blob(texts, { type: form === 'html' ? 'text/html' : 'application/json' }), `export.${form}`);
}
