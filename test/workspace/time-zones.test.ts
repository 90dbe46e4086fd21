import { describe, expect, it } from 'vitest';
import { isTimezone, nearestTimezone } from '../../lib/workspace/schema/time-zones.ts';

describe('isTimezone', () => {
  it('takes every zone that this Node lists', () => {
    expect(Intl.supportedValuesOf('timeZone').filter((name) => !isTimezone(name))).toEqual([]);
  });

  it.each([
    ['Asia/Calcutta', 'Asia/Kolkata'],
    ['Asia/Katmandu', 'Asia/Kathmandu'],
    ['Asia/Rangoon', 'Asia/Yangon'],
    ['Asia/Saigon', 'Asia/Ho_Chi_Minh'],
    ['Africa/Asmera', 'Africa/Asmara'],
    ['America/Godthab', 'America/Nuuk'],
    ['America/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
    ['America/Indianapolis', 'America/Indiana/Indianapolis'],
    ['America/Louisville', 'America/Kentucky/Louisville'],
    ['Atlantic/Faeroe', 'Atlantic/Faroe'],
    ['Europe/Kiev', 'Europe/Kyiv'],
    ['Pacific/Enderbury', 'Pacific/Kanton'],
    ['Pacific/Ponape', 'Pacific/Pohnpei'],
    ['Pacific/Truk', 'Pacific/Chuuk'],
  ])('takes %s and %s, the former and the present name of a zone', (former, present) => {
    expect([isTimezone(former), isTimezone(present)]).toEqual([true, true]);
  });

  it.each([
    ...[
      'UTC',
      'GMT',
      'Etc/UTC',
      'Etc/GMT+5',
      'GMT-0',
      'Zulu',
      'CET',
      'EST',
      'EST5EDT',
      'US/Eastern',
      'GB-Eire',
      'W-SU',
    ],
    ...['Australia/ACT', 'Europe/Belfast', 'Antarctica/DumontDUrville', 'America/Port-au-Prince', 'Asia/Ust-Nera'],
  ])('takes %s', (name) => {
    expect(isTimezone(name)).toBe(true);
  });

  it.each<[string, string | undefined]>([
    ['Europe/berlin', 'Europe/Berlin'],
    ['europe/kyiv', 'Europe/Kyiv'],
    ['utc', 'UTC'],
    ['US/EASTERN', 'US/Eastern'],
    ['ACT', 'Australia/Darwin'],
    ['JST', 'Asia/Tokyo'],
    ['US/Pacific-New', 'America/Los_Angeles'],
    ['Europe/Berln', 'Europe/Berlin'],
    ['Factory', undefined],
    ['SystemV/EST5', undefined],
    ['Etc/Unknown', undefined],
    ['Mars/Olympus', undefined],
    ['+01:00', undefined],
    ['', undefined],
  ])('refuses %s, and offers %s', (name, offered) => {
    expect([isTimezone(name), nearestTimezone(name)]).toEqual([false, offered]);
  });

  it('offers for IST one of the names of the zone that Intl takes it for', () => {
    expect(isTimezone('IST')).toBe(false);
    expect(['Asia/Calcutta', 'Asia/Kolkata']).toContain(nearestTimezone('IST'));
  });
});
