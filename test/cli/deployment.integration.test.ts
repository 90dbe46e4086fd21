import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApi } from '../../lib/api/app.ts';
import { serveGateway } from '../../lib/api/gateway.ts';
import { answerOf, payloadOf } from '../../lib/local/host/http-payload.ts';
import { openRunningApi, type RunningApi } from '../api/running-api.ts';
import { withEngines } from '../engines.ts';
import { withCli } from './run-cli.ts';
import { type GatewayOptions, operator, signedBy, withSigningGateways } from './signing-gateway.ts';

const cli = withCli();
const engines = withEngines();
const openGateway = withSigningGateways();

let running: RunningApi;
beforeAll(async () => {
  running = await openRunningApi(engines(), new Date('2026-11-21T00:00:00.000Z'));
}, 90_000);
afterAll(() => running.close());

const userArn = 'arn:aws:sts::111122223333:assumed-role/operators/ann';

/** The API's function behind the authorizer, by payloads as the gateway writes them. */
function behind({ deps }: RunningApi): GatewayOptions {
  const answerEvent = serveGateway(createApi(deps));
  const route = { key: 'ANY /api/{proxy+}', functionId: 'Api', authorised: true, signedIn: false };
  return {
    async answer(message, body) {
      const [path = '', query = ''] = (message.url ?? '').split('?');
      const at = { now: deps.clock.now().getTime(), requestId: 'r1', accountId: '111122223333', userArn };
      const payload = payloadOf({ message, body, path, query }, { route, parameters: { proxy: path } }, at);
      const answer = answerOf(JSON.stringify(await answerEvent(payload as never, {} as never)));
      return answer ?? { status: 500, body: '' };
    },
  };
}

describe('the command line, signing, and the API behind an authorizer', () => {
  it('reads a person whose name needs to be encoded, and pages of a list', async () => {
    const at = '2026-11-20T12:00:00.000Z';
    const identifiers = [{ type: 'email', value: "o'neil+a@example.com" }];
    await running.fold([{ kind: 'profile', fragment: "newsletter:member:o'neil (1)", at, identifiers }]);
    const gateway = await openGateway(operator, behind(running));
    const env = { ...signedBy(operator), TRIBUTARY_STAGE: gateway.url };

    const known = await cli().run(['profile', "o'neil+a@example.com", '--json'], { env });
    const same = await cli().run(['profile', "newsletter:member:o'neil (1)", '--json'], { env });
    const csv = await cli().run(['review', 'quiet-readers', '--csv', '--columns', 'id,email'], { env });

    expect(JSON.parse(known.stdout)).toMatchObject({ id: expect.stringMatching(/^p_/) });
    expect(JSON.parse(same.stdout)).toEqual(JSON.parse(known.stdout));
    expect(csv).toMatchObject({ status: 0, stdout: expect.stringContaining('id,email') });
    expect(gateway.came.filter(({ refused }) => refused !== undefined)).toEqual([]);
  });

  it('reads each person by just the identifier that they have', async () => {
    const at = '2026-11-20T12:00:00.000Z';
    const values = ['a', 'a#b', 'a?b', 'a/b', 'a\\b', '%41', 'A', 'a%2Fb', 'a/merges', '~a/b', '..', '../x'];
    const records = values.map((_value, index) => `newsletter:member:n/${index}?#%`);
    await running.fold(
      values.map((value, index) => ({
        ...({ kind: 'profile', fragment: records[index] ?? '', at } as const),
        identifiers: [{ type: 'crm', value }],
      })),
    );
    const gateway = await openGateway(operator, behind(running));
    const env = { ...signedBy(operator), TRIBUTARY_STAGE: gateway.url };
    const read = async (...words: string[]) => JSON.parse((await cli().run([...words, '--json'], { env })).stdout);

    for (const [index, value] of values.entries()) {
      const known = await read('profile', `crm=${value}`);
      expect(known).toMatchObject({ fragments: [records[index]], identifiers: [{ type: 'crm', value }] });
    }
    const [first, last] = [records[0] ?? '', values.at(-1) ?? ''];
    const { id } = await read('profile', first);
    expect(await read('merges', 'crm=a')).toMatchObject({ id, fragments: [first] });
    expect(await read('why', 'quiet-readers', `crm=${last}`)).toMatchObject({ segment: 'quiet-readers' });
    expect(await read('unmerge', 'crm=a/b', 'e_none')).toMatchObject({ error: { code: 'api/no-such-edge' } });
    expect(gateway.came.filter(({ refused }) => refused !== undefined)).toEqual([]);
  });

  it('sends bodies, and leaves it to the signature who acts', async () => {
    const gateway = await openGateway(operator, behind(running));
    const env = { ...signedBy(operator), TRIBUTARY_STAGE: gateway.url };

    const added = await cli().run(['suppress', 'add', 'bé@example.com', '--reason', 'asked', '--json'], { env });
    const all = await cli().run(['suppress', 'list', '--json'], { env });

    expect(added.status).toBe(0);
    expect(JSON.parse(all.stdout)).toMatchObject({ suppressions: [{ reason: 'asked', by: userArn }] });
    expect(gateway.came.map(({ method, refused }) => [method, refused])).toEqual([
      ['POST', undefined],
      ['GET', undefined],
    ]);
  });
});
