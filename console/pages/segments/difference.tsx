import { diffLines } from 'diff';
import { Scrolls } from '../../parts/scrolls.tsx';

/** Lines around a change that are shown. */
const AROUND = 3;

/** What differs between two texts, line by line; what is the same for long is left out. */
export function Difference({ before, after }: { readonly before: string; readonly after: string }) {
  const parts = diffLines(before, after);
  return (
    <Scrolls kind="difference" label="Difference, line by line">
      <pre>
        {parts.map(({ value, added, removed }, index) => {
          const lines = value.replace(/\n$/, '').split('\n');
          if (added) return <Lines key={index} as="ins" mark="+" lines={lines} />;
          if (removed) return <Lines key={index} as="del" mark="−" lines={lines} />;
          return (
            <Lines key={index} as="span" mark=" " lines={shortened(lines, index === 0, index === parts.length - 1)} />
          );
        })}
      </pre>
    </Scrolls>
  );
}

function Lines({
  as: Tag,
  mark,
  lines,
}: {
  readonly as: 'ins' | 'del' | 'span';
  readonly mark: string;
  readonly lines: readonly string[];
}) {
  return (
    <>
      {lines.map((line, index) => (
        <Tag key={index}>
          {mark} {line}
          {'\n'}
        </Tag>
      ))}
    </>
  );
}

function shortened(lines: readonly string[], first: boolean, last: boolean): readonly string[] {
  const [head, tail] = [first ? 0 : AROUND, last ? 0 : AROUND];
  if (lines.length <= head + tail + 1) return lines;
  return [...lines.slice(0, head), '…', ...lines.slice(lines.length - tail)];
}
