import { useState } from 'preact/hooks';
import { type PageProps, to } from '../../app/addresses.ts';
import { ask, RefusedError } from '../../app/ask.ts';
import { Allowed } from '../../app/caller.tsx';
import { useRead } from '../../app/reading.ts';
import { Card, Cards } from '../../parts/card.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { saveAs } from '../../parts/save.ts';
import { Shown } from '../../parts/shown.tsx';
import { Difference } from './difference.tsx';
import { PreviewCard } from './preview.tsx';
import { Problems } from './problems.tsx';
import { Publish, Remove } from './publish.tsx';
import { usePreview } from './use-preview.ts';
import { YamlEditor } from './yaml-editor.tsx';
import './segments.css';

/** What an edit begins with: the text as published and its form; of a new segment a first line, and no form. */
interface Beginning {
  readonly title: string;
  readonly yaml: string;
  readonly published: string;
  readonly form: string | undefined;
}

/** Writes a segment: with each pause of typing it says what the text means. */
export function Page({ params: { segment = '' } }: PageProps) {
  const reading = useRead(`edit ${segment}`, () => beginningOf(segment));
  return (
    <Shown of={reading}>
      {(beginning) => (
        <Editor key={beginning.form ?? ''} segment={segment} beginning={beginning} again={reading.again} />
      )}
    </Shown>
  );
}

async function beginningOf(segment: string): Promise<Beginning> {
  try {
    const { title, yaml, form } = await ask('GET /api/segments/{segment}', { params: { segment } });
    return { title, yaml, published: yaml, form };
  } catch (thrown) {
    if (!(thrown instanceof RefusedError) || thrown.code !== 'api/no-such-segment') throw thrown;
    const yaml = `segment: ${segment}\ntitle: \nwhen:\n  all:\n    - { trait: , is:  }\n`;
    return { title: `New segment ${segment}`, yaml, published: '', form: undefined };
  }
}

function Editor({
  segment,
  beginning,
  again,
}: {
  readonly segment: string;
  readonly beginning: Beginning;
  readonly again: () => void;
}) {
  const [yaml, setYaml] = useState(beginning.yaml);
  const [caret, setCaret] = useState<{ readonly line: number; readonly column: number }>();
  const preview = usePreview(segment, yaml);
  const problems = preview.answer?.problems ?? [];
  const changed = yaml !== beginning.published;
  return (
    <>
      <PageHead
        title={beginning.title}
        above={
          beginning.form === undefined
            ? { title: 'Segments', href: to('/segments') }
            : { title: 'The segment', href: to('/segments/{segment}', { segment }) }
        }
        note={`segments/${segment}.yaml`}
      >
        <button
          type="button"
          class="plain"
          onClick={() => saveAs(new Blob([yaml], { type: 'text/yaml' }), `${segment}.yaml`)}
        >
          Download
        </button>
        {changed && beginning.form !== undefined && (
          <button type="button" class="plain" onClick={() => setYaml(beginning.published)}>
            Back to what is published
          </button>
        )}
      </PageHead>
      <Cards>
        <Card title="The file">
          <YamlEditor
            value={yaml}
            change={setYaml}
            problems={problems}
            caret={caret}
            label={`segments/${segment}.yaml`}
          />
          <Problems problems={problems} show={setCaret} />
        </Card>
        <PreviewCard preview={preview} />
        {changed && beginning.published !== '' && (
          <Card title="Difference to what is published" wide>
            <Difference before={beginning.published} after={yaml} />
          </Card>
        )}
        <Allowed
          to="POST /api/segments/{segment}/edits"
          otherwise={
            <Card title="Publish" wide>
              <p class="quiet">
                You may look at what other rules would do, and download them: publishing is for editors.
              </p>
            </Card>
          }
        >
          <Publish
            segment={segment}
            form={beginning.form}
            yaml={changed && preview.answer?.preview != null && !preview.stale ? yaml : undefined}
            done={again}
          />
          {beginning.form !== undefined && <Remove segment={segment} form={beginning.form} />}
        </Allowed>
      </Cards>
    </>
  );
}
