import type { SegmentLine, SegmentPage } from '../lib/pipeline/describe/segment-list.ts';
import type { StageClient } from './stage-client.ts';

const ON_A_PAGE = 200;

/** Every segment of a stage, read page by page. */
export async function everySegment(stage: StageClient): Promise<readonly SegmentLine[]> {
  const found: SegmentLine[] = [];
  let from = '';
  for (;;) {
    const page = await stage.get<SegmentPage>(`/api/segments?most=${ON_A_PAGE}${from}`);
    found.push(...page.segments);
    if (page.next === null) return found;
    from = `&from=${encodeURIComponent(page.next)}`;
  }
}
