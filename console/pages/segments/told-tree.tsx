import type { Estimate } from '../../../lib/domain/preview.ts';
import type { Told } from '../../../lib/domain/segment/tell-condition.ts';
import { EstimateWords } from './estimate.tsx';

/** A condition as sentences, parts inside parts; with counts, for how many people each part holds. */
export function ToldTree({
  told,
  counts,
}: {
  readonly told: Told;
  readonly counts?: Readonly<Record<string, Estimate>>;
}) {
  return (
    <ul class="told">
      <Item told={told} counts={counts} />
    </ul>
  );
}

function Item({
  told: { path, text, parts },
  counts,
}: {
  readonly told: Told;
  readonly counts: Readonly<Record<string, Estimate>> | undefined;
}) {
  const found = counts?.[path];
  return (
    <li>
      <span class="line">
        <span>{text}</span>
        {found !== undefined && (
          <span class="people">
            <EstimateWords of={found} />
          </span>
        )}
      </span>
      {parts.length > 0 && (
        <ul class="told">
          {parts.map((part) => (
            <Item key={part.path} told={part} counts={counts} />
          ))}
        </ul>
      )}
    </li>
  );
}
