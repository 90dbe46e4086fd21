import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GoogleAnalyticsApi, openGoogleAnalytics } from '../../lib/connectors/google-analytics/client.ts';
import { config, secret } from '../../lib/connectors/google-analytics/config.ts';
import { googleAnalytics } from '../../lib/connectors/google-analytics/index.ts';
import type { FigureDay } from '../../lib/domain/figure.ts';
import {
  type GoogleAnalyticsOptions,
  type GoogleAnalyticsSimulator,
  PROPERTY,
  startGoogleAnalytics,
} from '../vendors/google-analytics/server.ts';
import { type ConnectorRig, failureOf, openConnectorRig } from './connector-rig.ts';

type Rig = ConnectorRig<GoogleAnalyticsSimulator, GoogleAnalyticsApi>;

const channel = (name: string) => ({ sessionDefaultChannelGroup: name });
const HOUR = 3_600_000;
let rig: Rig;

const openRig = (options: Partial<GoogleAnalyticsOptions> = {}): Promise<Rig> =>
  openConnectorRig({
    name: 'web',
    streams: googleAnalytics.streams,
    config,
    secret,
    open: openGoogleAnalytics,
    start: (now) => startGoogleAnalytics({ now, ...options }),
    usual: (vendor) => ({ config: { property: PROPERTY, history_days: 7 }, secret: vendor.secret }),
  });

beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

async function days(options: Parameters<Rig['read']>[1] = {}): Promise<FigureDay[]> {
  return (await rig.read('reports', options)).flatMap(({ figures = [] }) => figures);
}

/** The figures of a day by channel. */
function valuesOf(told: readonly FigureDay[], day: string, metric = 'sessions'): Record<string, number> {
  const figures = told.filter((one) => one.day === day).flatMap((one) => one.figures);
  const own = figures.filter(({ name }) => name === metric);
  return Object.fromEntries(own.map(({ dimensions, value }) => [Object.values(dimensions).join(), value]));
}

describe('reports of Google Analytics', () => {
  it('tell users and sessions by channel for each day that is over, with what may still change', async () => {
    const { property } = rig.vendor;
    property.visit('2026-11-16', channel('Email'), { times: 2 });
    property.visit('2026-11-20', channel('Email'), { user: 'ann', times: 3 });
    property.visit('2026-11-21', channel('Email'));

    const told = await days();

    expect(told.map(({ day, caveats }) => `${day} ${caveats.join()}`)).toEqual([
      ...['2026-11-14 ', '2026-11-15 ', '2026-11-16 ', '2026-11-17 '],
      ...['2026-11-18 not-final', '2026-11-19 not-final', '2026-11-20 not-final'],
    ]);
    expect(told.find(({ day }) => day === '2026-11-16')?.figures).toEqual([
      { name: 'activeUsers', dimensions: channel('Email'), value: 2, unit: 'count' },
      { name: 'sessions', dimensions: channel('Email'), value: 2, unit: 'count' },
    ]);
    // Users are people, not rows: three visits of one are one user.
    expect(valuesOf(told, '2026-11-20', 'activeUsers')).toEqual({ Email: 1 });
    expect(valuesOf(told, '2026-11-20')).toEqual({ Email: 3 });
  });

  it('are whole by day across pages of rows, and the same whatever the page', async () => {
    for (const name of ['Direct', 'Email', 'Display', 'Referral', 'Organic Search']) {
      for (const day of ['2026-11-17', '2026-11-18', '2026-11-19']) rig.vendor.property.visit(day, channel(name));
    }

    const whole = await days();
    const inPages = await days({ pageSize: 2 });

    expect(inPages).toEqual(whole);
    expect(rig.vendor.asked.map(({ limit }) => limit)).toContain('2');
    expect(rig.vendor.asked.at(-1)).toMatchObject({ offset: '14', returnPropertyQuota: true });
  });

  it('read the last three days again, and what is there no more is not told any more', async () => {
    const { property } = rig.vendor;
    property.visit('2026-11-16', channel('Direct'));
    property.visit('2026-11-20', channel('Direct'), { times: 4 });
    const pages = await rig.read('reports');
    property.recount('2026-11-20', 'Direct');
    property.recount('2026-11-16', 'Direct');
    rig.pass(24 * HOUR);

    const told = await days({ from: pages.at(-1)?.checkpoint });

    expect(told.map(({ day }) => day)).toEqual(['2026-11-18', '2026-11-19', '2026-11-20', '2026-11-21']);
    expect(valuesOf(told, '2026-11-20')).toEqual({});
  });

  it('say what the tool says against them', async () => {
    const { property } = rig.vendor;
    property.threshold = 2;
    property.sampled = true;
    property.visit('2026-11-15', channel('Direct'), { times: 5 });
    property.visit('2026-11-15', channel('Email'));

    const [, day] = await days();

    expect(day?.caveats).toEqual(['thresholded', 'sampled']);
    expect(day?.figures.map(({ dimensions }) => dimensions)).toEqual([channel('Direct'), channel('Direct')]);
  });

  it('keep the row of rare values under the name that the tool gives it', async () => {
    const { property } = rig.vendor;
    property.mostValues = 1;
    property.visit('2026-11-15', channel('Direct'), { times: 5 });
    for (const name of ['Email', 'Display']) property.visit('2026-11-15', channel(name));

    const told = await days();

    expect(valuesOf(told, '2026-11-15')).toEqual({ Direct: 5, '(other)': 2 });
    expect(told[1]?.caveats).toEqual(['other-row']);
  });

  it('are those that the workspace asks for, with money in the currency of the property', async () => {
    rig.vendor.property.visit('2026-11-15', channel('Direct'), { revenue: 12.5, keyEvents: 1 });
    const reports = {
      money: { metrics: ['totalRevenue', 'keyEvents'] },
      devices: { dimensions: ['deviceCategory'], metrics: ['sessions'] },
    };

    const told = await days({ config: { reports } });

    expect(told.filter(({ day }) => day === '2026-11-15')).toMatchObject([
      { report: 'devices', figures: [{ dimensions: { deviceCategory: '(not set)' }, value: 1 }] },
      {
        report: 'money',
        figures: [
          { name: 'totalRevenue', dimensions: {}, value: 12.5, unit: 'EUR' },
          { name: 'keyEvents', value: 1, unit: 'number' },
        ],
      },
    ]);
  });

  it('go on where a killed run was, at the same report', async () => {
    const reports = { a: { metrics: ['sessions'] }, b: { metrics: ['activeUsers'] } };
    rig.vendor.property.visit('2026-11-15', channel('Direct'));
    const [first] = await rig.read('reports', { config: { reports }, most: 1 });

    const rest = await days({ config: { reports }, from: first?.checkpoint });

    expect(new Set(rest.map(({ report }) => report))).toEqual(new Set(['b']));
  });

  it.each([
    ['a metric that is none', { reports: { odd: { metrics: ['happiness'] } } }, 'google-analytics/report-refused'],
    ['a property of others', { property: '1' }, 'google-analytics/not-permitted'],
    ['no property', { property: undefined }, 'google-analytics/no-property'],
  ])('stop at %s as something to be corrected', async (_what, settings, code) => {
    expect(await failureOf(() => rig.read('reports', { config: settings }))).toMatchObject({ kind: 'config', code });
  });

  it('wait where the tokens of the day are used up', async () => {
    await using poor = await openRig({ tokensPerDay: 5 });

    expect(await failureOf(() => poor.read('reports'))).toMatchObject({
      kind: 'rate-limited',
      code: 'google-analytics/throttled',
      retryAfterMs: 600_000,
    });
  });

  it('sign in anew when a token is refused before its time, and stop when the new one is too', async () => {
    rig.vendor.faults.add({ kind: 'token-refused' });
    await rig.read('reports');
    rig.vendor.faults.add({ kind: 'account-disabled', times: 2 });

    expect(await failureOf(() => rig.read('reports'))).toMatchObject({
      kind: 'auth',
      code: 'google-analytics/token-refused',
    });
  });
});

describe('settings of Google Analytics', () => {
  it.each([
    [{ property: 'G-ABC123' }, 'property'],
    [{ reports: { Channels: { metrics: ['sessions'] } } }, 'reports'],
    [{ reports: { channels: { metrics: [] } } }, 'metrics'],
    [{ reports: { channels: { dimensions: ['date'], metrics: ['sessions'] } } }, 'dimensions'],
    [{ reports: {} }, 'reports'],
  ])('are refused by the place of what is wrong (case %#)', (written, place) => {
    const issues = config.safeParse(written).error?.issues ?? [];

    expect(issues.map(({ path }) => path.join('.')).join()).toContain(place);
  });
});
