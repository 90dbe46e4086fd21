import { describe, expect, it } from 'vitest';
import { loadConnectors } from '../../lib/connectors/define.ts';
import { connectors as registry } from '../../lib/connectors/registry.ts';
import { objectiveOf } from '../../lib/domain/review/objective.ts';
import { lintWorkspace } from '../../lib/workspace/lint.ts';
import { readWith, soundFiles } from './a-workspace.ts';

const connectors = await loadConnectors(registry);

const SEGMENT = 'segments/lapsing.yaml';
const PERSONA = 'personas/careful-buyer.yaml';
const AUDIENCE = 'audiences/lapsing-to-tag.yaml';
const MAIN = 'tributary.yaml';
const segmentWith = (more: string) => ({ [SEGMENT]: `${soundFiles[SEGMENT]}${more}` });
const problemsOf = (files: Readonly<Record<string, string>>) =>
  readWith(files).problems.map(({ code, found, expected, line }) => ({ code, found, expected, line }));

describe('the objective of a segment', () => {
  it('is read with what its metric usually counts, and holds out for audiences that say none', () => {
    const objective =
      'objective: { metric: open_rate, within: 14 days, baseline: 20%, target: 25%, by: 2027-03-31, holdout: 15%, owner: news }\n';
    const { definitions, problems } = readWith(segmentWith(objective));
    const [segment] = definitions?.segments ?? [];

    expect(problems).toEqual([]);
    expect(segment === undefined ? undefined : objectiveOf(segment)).toEqual({
      metric: 'open_rate',
      goal: { did: 'Email Opened', within: '14 days' },
      per: { did: 'Email Delivered', within: '14 days' },
      withinMs: 14 * 86_400_000,
      baseline: 0.2,
      target: 0.25,
      by: '2027-03-31',
      holdout: 0.15,
      owner: 'news',
    });
    expect(definitions?.audiences[0]?.holdout).toBe(0.15);
    const own = { ...segmentWith(objective), [AUDIENCE]: `${soundFiles[AUDIENCE]}holdout: 5%\n` };
    expect(readWith(own).definitions?.audiences[0]?.holdout).toBe(0.05);
  });

  it.each([
    ['metric: likes, target: 6%, by: 2027-03-31', 'workspace/bad-value', '"likes"'],
    ['metric: conversion, target: 6%, by: 2027-03-31', 'workspace/missing-key', 'no key "goal"'],
    ['metric: size, target: 6%, by: 2027-03-31', 'workspace/bad-value', '"6%"'],
    ['metric: retention, target: 6, by: 2027-03-31', 'workspace/bad-value', '6'],
    ['metric: retention, target: 6 %, by: 2027-03-31', 'workspace/bad-percent', '"6 %"'],
    [
      'metric: revenue_per_member, target: 6, by: 2027-03-31',
      'workspace/nothing-measured',
      '"revenue_per_member", and tributary.yaml does not say what revenue is',
    ],
    [
      'metric: activity_rate, goal: { did: A }, per: { segment: none }, target: 6%, by: 2027-03-31',
      'workspace/unknown-segment',
      'segment "none"',
    ],
  ])('with %s is refused as %s', (written, code, found) => {
    expect(problemsOf(segmentWith(`objective: { ${written} }\n`))).toMatchObject([{ code, found, line: 7 }]);
  });
});

describe('the review of a segment', () => {
  it('is a rhythm, or a rhythm with a label', () => {
    expect(problemsOf(segmentWith('review: every 30 days\n'))).toEqual([]);
    expect(problemsOf(segmentWith('review: { every: every 30 days, label: { trait: churned, is: true } }\n'))).toEqual(
      [],
    );
    expect(problemsOf(segmentWith('review: { every: 30 days }\n'))).toMatchObject([{ code: 'workspace/bad-duration' }]);
    expect(problemsOf(segmentWith('review: { every: every 30 days, label: { trat: churned } }\n'))).toMatchObject([
      { code: 'segment/unknown-key' },
    ]);
  });
});

describe('measures', () => {
  it('are published, no longer than activities are kept, and of what a connection brings', () => {
    const written = 'measures: { within: 60 days, engagement: [Email Opened, Email Openned] }\n';
    const { definitions, problems, sources } = readWith({ [MAIN]: `${soundFiles[MAIN]}${written}` });

    expect(problems).toEqual([]);
    expect(definitions?.measures).toEqual({ within: '60 days', engagement: ['Email Opened', 'Email Openned'] });
    expect(lintWorkspace(sources, connectors)).toMatchObject([
      { code: 'workspace/unfilled-activity', file: MAIN, suggestion: 'Email Opened' },
    ]);
    const long = `${soundFiles[MAIN]}measures: { within: 900 days }\n`;
    expect(problemsOf({ [MAIN]: long })).toMatchObject([{ code: 'workspace/window-too-long', found: '"900 days"' }]);
  });
});

describe('the messages of a persona', () => {
  it('may have links, to the web alone', () => {
    const message = (link: string) => ({
      [PERSONA]: `persona: careful-buyer\nmessages: { email: { text: Prices, link: "${link}" } }\n`,
    });

    expect(problemsOf(message('https://example.com/prices'))).toEqual([]);
    expect(problemsOf(message('javascript:alert(1)'))).toMatchObject([{ code: 'workspace/bad-value' }]);
  });

  it('are missed on the channel of a list, where the audience needs no subscription', () => {
    const { sources } = readWith({
      [PERSONA]: 'persona: careful-buyer\nmessages: { web: Compare }\n',
      [AUDIENCE]: (soundFiles[AUDIENCE] ?? '').replace('needs: { subscribed: email }\n', 'needs: {}\n'),
    });

    expect(lintWorkspace(sources, connectors)).toMatchObject([
      { code: 'workspace/no-message', found: 'channel "email", for which persona "careful-buyer" has no message' },
    ]);
  });
});
