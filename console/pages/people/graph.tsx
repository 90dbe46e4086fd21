import type { Answers } from '../../app/answers.ts';

type Merges = Answers['GET /api/people/{person}/merges'];

const WIDTH = 470;
const ROW = 104;
/** More records than can be told apart in a picture; the evidence beside it names them all. */
const MOST_DRAWN = 14;

interface Place {
  readonly x: number;
  readonly y: number;
}

/**
 * The records of a person as boxes and the evidence between them as lines; what was found and carries nothing is
 * dashed. The same stands as text beside it.
 */
export function IdentityGraph({
  merges: { fragments, merges, refused },
  pointed,
}: {
  readonly merges: Merges;
  /** The evidence that somebody points at in the text. */
  readonly pointed: string | undefined;
}) {
  const drawn = fragments.slice(0, MOST_DRAWN);
  if (drawn.length < 2 && refused.length === 0) return null;
  const places = placeRecords(drawn);
  const height = Math.max(...[...places.values()].map(({ y }) => y)) + 34;
  const dashed = refused.filter(({ fragment }) => places.has(fragment));
  return (
    <svg
      class="graph"
      viewBox={`0 0 ${WIDTH} ${height}`}
      role="img"
      aria-label={`${fragments.length} records, ${merges.length} pieces of evidence that join them, ${refused.length} that carry nothing`}
    >
      {merges.map(({ edge, fragment, joins, identifier }) => {
        const [from, to] = [places.get(fragment), places.get(joins)];
        if (from === undefined || to === undefined) return null;
        const middle = bend(from, to);
        return (
          <g key={edge} class={pointed === edge ? 'edge pointed' : 'edge'}>
            <path d={`M${from.x} ${from.y}Q${middle.x} ${middle.y} ${to.x} ${to.y}`} />
            <text
              x={(from.x + 2 * middle.x + to.x) / 4}
              y={(from.y + 2 * middle.y + to.y) / 4 - 6}
              text-anchor="middle"
            >
              {identifier.type}
            </text>
          </g>
        );
      })}
      {dashed.map(({ edge, fragment, identifier }, index) => {
        const from = places.get(fragment) ?? { x: 0, y: 0 };
        const end = { x: from.x < WIDTH / 2 ? from.x + 120 : from.x - 120, y: from.y + 30 - (index % 3) * 8 };
        return (
          <g key={edge} class={pointed === edge ? 'edge refused pointed' : 'edge refused'}>
            <path d={`M${from.x} ${from.y}L${end.x} ${end.y}`} />
            <text x={end.x} y={end.y + 4} text-anchor="middle">
              {identifier.type}
            </text>
          </g>
        );
      })}
      {drawn.map((fragment) => (
        <RecordBox key={fragment} fragment={fragment} place={places.get(fragment) ?? { x: 0, y: 0 }} />
      ))}
    </svg>
  );
}

function RecordBox({ fragment, place: { x, y } }: { readonly fragment: string; readonly place: Place }) {
  const [connection = '', object = '', ...id] = fragment.split(':');
  return (
    <g class="record">
      <title>{fragment}</title>
      <rect x={x - 86} y={y - 22} width="172" height="44" rx="8" />
      <text x={x} y={y - 4} text-anchor="middle">
        {cut(`${connection} ${object}`, 24)}
      </text>
      <text class="id" x={x} y={y + 13} text-anchor="middle">
        {cut(id.join(':'), 22)}
      </text>
    </g>
  );
}

/** Two columns, one after the other, so that lines between records are seldom behind a third. */
function placeRecords(fragments: readonly string[]): ReadonlyMap<string, Place> {
  return new Map(
    fragments.map((fragment, index) => {
      const row = Math.floor(index / 2);
      const left = index % 2 === 0;
      return [fragment, { x: left ? 90 : WIDTH - 90, y: 30 + row * ROW + (left ? 0 : ROW / 2) }];
    }),
  );
}

/** Lines within a column bend to the middle of the picture, so that they do not run behind the boxes between. */
function bend(from: Place, to: Place): Place {
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  if (from.x !== to.x) return middle;
  return { x: from.x < WIDTH / 2 ? from.x + 170 : from.x - 170, y: middle.y };
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
