import type { SegmentPageOf } from '../../../lib/pipeline/describe/describe-segment.ts';
import { type PageProps, to } from '../../app/addresses.ts';
import { Allowed } from '../../app/caller.tsx';
import { useAnswer } from '../../app/reading.ts';
import { Card, Cards } from '../../parts/card.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Moment } from '../../parts/moment.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { saveAs } from '../../parts/save.ts';
import { Scrolls } from '../../parts/scrolls.tsx';
import { Shown } from '../../parts/shown.tsx';
import { Accuracy } from './accuracy.tsx';
import { Comments } from './comments.tsx';
import { MembersCard } from './members.tsx';
import { Progress } from './progress.tsx';
import { Reviews } from './reviews.tsx';
import { ToldTree } from './told-tree.tsx';
import './segments.css';

/** One segment: what it means, how it goes, and what people say of it. */
export function Page({ params: { segment = '' } }: PageProps) {
  const reading = useAnswer('GET /api/segments/{segment}', { params: { segment } });
  // A condition that stands in an audience's file is edited there.
  const hasFile = !segment.includes(':');
  return (
    <>
      <PageHead
        title={reading.value?.title ?? segment}
        above={{ title: 'Segments', href: to('/segments') }}
        note={reading.value?.description ?? undefined}
      >
        {hasFile && (
          <a class="button" href={to('/segments/{segment}/edit', { segment })}>
            <Allowed to="POST /api/segments/{segment}/edits" otherwise="Try other rules">
              Edit
            </Allowed>
          </a>
        )}
      </PageHead>
      <Cards>
        <Shown of={reading}>{(page) => <Definition page={page} />}</Shown>
        <Progress segment={segment} />
        <MembersCard segment={segment} />
        <Reviews segment={segment} />
        <Comments segment={segment} />
        <Accuracy segment={segment} />
      </Cards>
    </>
  );
}

function Definition({ page }: { readonly page: SegmentPageOf }) {
  const { segment, told, yaml, yamlFrom, persona, usedBy, refersTo, since, review, tests } = page;
  return (
    <>
      <Card title="Who is in it">
        <ToldTree told={told} />
        <Facts
          rows={[
            persona === null ? undefined : ['Persona', <a href={to('/personas')}>{persona}</a>],
            refersTo.length === 0 ? undefined : ['Refers to', <Links key="to" segments={refersTo} />],
            usedBy.segments.length === 0
              ? undefined
              : ['Used by segments', <Links key="by" segments={usedBy.segments} />],
            ['Audiences', usedBy.audiences.length === 0 ? 'none' : usedBy.audiences.join(', ')],
            ['Reviewed', review ?? 'when somebody asks'],
            ['Changed', <Since key="since" since={since} />],
          ]}
        />
      </Card>
      <Card
        title="As its file"
        note={
          yamlFrom === 'file'
            ? `segments/${segment}.yaml`
            : 'made from the definition: comments of its file are not known here'
        }
      >
        <Scrolls kind="yaml" label={`segments/${segment}.yaml`}>
          <pre>{yaml}</pre>
        </Scrolls>
        <div class="actions">
          <button
            type="button"
            class="plain"
            onClick={() => saveAs(new Blob([yaml], { type: 'text/yaml' }), `${segment}.yaml`)}
          >
            Download
          </button>
          <span class="quiet">{tests.length === 0 ? 'no tests' : `${tests.length} tests`}</span>
        </div>
      </Card>
    </>
  );
}

function Since({ since }: { readonly since: SegmentPageOf['since'] }) {
  if (since === null || since.at === null) return <>longer ago than is looked for</>;
  return (
    <>
      <Moment at={since.at} />
      {since.by !== null && `, by ${since.by}`} ·{' '}
      <a href={to('/versions/{version}', { version: since.version })}>what changed</a>
    </>
  );
}

function Links({ segments }: { readonly segments: readonly string[] }) {
  return (
    <>
      {segments.map((one, index) => (
        <span key={one}>
          {index > 0 && ', '}
          <a href={to('/segments/{segment}', { segment: one })}>{one}</a>
        </span>
      ))}
    </>
  );
}
