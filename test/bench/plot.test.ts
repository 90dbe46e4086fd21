import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { barPlot, type LinePlot, linePlot } from '../../bench/plot.ts';

const plot: LinePlot = {
  title: 'Backlog',
  description: 'How many wait.',
  x: { label: 'seconds', to: 10 },
  y: { label: 'profiles', to: 100 },
  series: [
    {
      name: 'four shards',
      points: [
        [0, 100],
        [10, 0],
      ],
    },
  ],
};

describe('linePlot', () => {
  it('puts a point where its axes say, the first tick of y at the bottom', () => {
    const svg = linePlot(plot);

    expect(svg).toContain('<path class="line s0" d="M84 76L736 344"/>');
  });

  it('is well-formed XML whatever is written in it', () => {
    const svg = linePlot({ ...plot, title: 'a < b & "c"', series: [{ name: '</text><script>', points: [[1, 1]] }] });

    expect(XMLValidator.validate(svg)).toBe(true);
    expect(new XMLParser().parse(svg).svg.title).toBe('a < b & "c"');
    expect(svg).not.toContain('<script');
  });

  it('has powers of ten at equal distances on a logarithmic axis, and breaks the line where there is none', () => {
    const y = { label: 'seconds', log: true };
    const svg = linePlot({
      ...plot,
      y,
      series: [
        {
          name: 'a',
          points: [
            [0, 1],
            [4, 10],
            [5, 0],
            [6, 100],
            [10, 100],
          ],
        },
      ],
    });

    expect(svg).toContain('d="M84 344L344.8 210M475.2 76L736 76"');
  });

  it('goes to the next row when names of series fill one', () => {
    const named = (length: number) => ({ name: 'n'.repeat(length), points: [[1, 1]] as const });
    const svg = linePlot({ ...plot, series: [named(50), named(50), named(10)] });

    expect([...svg.matchAll(/h24"/g)]).toHaveLength(3);
    expect(svg).toMatch(/M84 51h24[\s\S]*M84 71h24[\s\S]*M478 71h24/);
  });

  it('draws limits, and ticks that cover the highest of them', () => {
    const svg = linePlot({ ...plot, y: { label: 'profiles' }, levels: [{ value: 1_000, name: 'limit' }] });

    expect(svg).toContain('>1,000</text>');
    expect(svg).toContain('<path class="level" d="M84 76H736"/>');
  });

  it('tells millions as such, on a linear axis all of them', () => {
    const points = [[1, 1e6]] as const;
    const ticks = (svg: string) => [...svg.matchAll(/end">([^<]+)/g)].map(([, tick]) => tick);

    expect(ticks(linePlot({ ...plot, y: { label: 'n' }, series: [{ name: 'a', points }] }))).toContain('0.8 M');
    expect(
      ticks(linePlot({ ...plot, y: { label: 'n', log: true, from: 1e5 }, series: [{ name: 'a', points }] })),
    ).toEqual(['100,000', '1 M']);
  });

  it('refuses an axis that shows none of its values', () => {
    const y = { label: 'share', log: true };

    expect(() => linePlot({ ...plot, y, series: [{ name: 'a', points: [[0, 0]] }] })).toThrow('“share”');
  });
});

describe('barPlot', () => {
  it('makes the longest bar as wide as there is room, the others in proportion, each with its value', () => {
    const bars = [
      { name: 'all', value: 200 },
      { name: 'a quarter <', value: 50 },
    ];
    const svg = barPlot({ title: 'Costs', description: 'By stage.', x: { label: 'dollars' }, bars });

    expect([...svg.matchAll(/class="bar"[^>]* width="([^"]+)"/g)].map(([, width]) => Number(width))).toEqual([396, 99]);
    expect(svg).toContain('>a quarter &lt;</text>');
    expect(svg).toContain('>200</text>');
    expect(XMLValidator.validate(svg)).toBe(true);
  });
});
