import { describe, expect, it } from 'vitest';
import { openStageDoor } from '../../lib/local/host/stage-door.ts';

const MINUTE = 60_000;

function aDoor() {
  let now = 0;
  const door = openStageDoor({ token: 'open-sesame', now: () => now });
  const ask = (path: string, content: object, authorization?: string) => {
    const answer = door.answer({ method: 'POST', path, authorization, body: Buffer.from(JSON.stringify(content)) });
    return answer === undefined ? undefined : [answer.status, JSON.parse(answer.body.toString()) as object];
  };
  return { door, ask, exchange: (code: string) => ask('/stage/session', { code }), pass: (ms: number) => (now += ms) };
}

const used = [401, { code: 'stage/link-used', message: expect.stringContaining('tributary console') as string }];

describe('openStageDoor', () => {
  it('exchanges a code for the token once', () => {
    const { door, exchange } = aDoor();
    const code = door.makeCode();

    expect(exchange(code)).toEqual([200, { token: 'open-sesame' }]);
    expect(exchange(code)).toEqual(used);
  });

  it('exchanges a code within ten minutes, and each code by itself', () => {
    const { door, exchange, pass } = aDoor();
    const [first, second] = [door.makeCode(), door.makeCode()];
    pass(10 * MINUTE - 1);
    expect(exchange(first)).toEqual([200, { token: 'open-sesame' }]);
    pass(1);

    expect(exchange(second)).toEqual(used);
  });

  it('makes codes for who bears the token, and for nobody else', () => {
    const { ask, exchange } = aDoor();
    expect(ask('/stage/links', {})).toEqual([403, { message: 'Forbidden' }]);
    expect(ask('/stage/links', {}, 'Bearer open')).toEqual([403, { message: 'Forbidden' }]);

    const [status, answer] = ask('/stage/links', {}, 'Bearer open-sesame') ?? [];

    expect([status, exchange((answer as { code: string }).code)]).toEqual([200, [200, { token: 'open-sesame' }]]);
  });

  it.each(['', '{', '[]', '{"code":7}', '{"code":""}'])('gives nothing for the body %j', (body) => {
    const { door } = aDoor();
    door.makeCode();

    const answer = door.answer({
      ...{ method: 'POST', path: '/stage/session', authorization: undefined, body: Buffer.from(body) },
    });

    expect(answer?.status).toBe(401);
  });

  it('leaves everything else to the routes', () => {
    const { door } = aDoor();
    const asked = [
      ...[
        ['GET', '/stage/session'],
        ['GET', '/'],
        ['POST', '/api/push'],
        ['GET', '/assets/a.js'],
      ],
    ] as const;

    const body = Buffer.alloc(0);
    expect(
      asked.map(([method = '', path = '']) => door.answer({ method, path, authorization: undefined, body })),
    ).toEqual(asked.map(() => undefined));
  });
});
