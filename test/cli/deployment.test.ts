import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deploymentAt, strictUrl } from '../../cli/deployment.ts';
import { signatureOf, whyRefused } from './iam-authorizer.ts';
import { withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';
import { nobody, operator, signedBy, withSigningGateways } from './signing-gateway.ts';

const cli = withCli();
const openGateway = withSigningGateways();
const serve = withPlayedStages();

const SECRETS = [operator.secretAccessKey, String(operator.sessionToken), operator.accessKeyId];

describe('signatureOf', () => {
  // "AWS Signature Version 4 test suite", of the General Reference.
  const suite = {
    ...{ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
    ...{ region: 'us-east-1', service: 'service' },
  };
  const date = '20150830T123600Z';

  it.each([
    ['get-vanilla', 'GET', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-query-order-key-case',
      'GET',
      '/?Param2=value2&Param1=value1',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    ['post-vanilla', 'POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  ])('computes what AWS published for %s', (_name, method, url, expected) => {
    const headers = { host: 'example.amazonaws.com', 'x-amz-date': date };
    const scope = '20150830/us-east-1/service/aws4_request';
    const how = { date, scope, signed: ['host', 'x-amz-date'] };

    expect(signatureOf({ method, url, headers, body: Buffer.alloc(0) }, suite, how)).toBe(expected);
  });
});

describe('strictUrl', () => {
  it('encodes every byte that is not unreserved, once', () => {
    const person = "crm=o'neil!(*)@ü ~/+%";

    const { pathname, search } = strictUrl(
      `https://api.example.test/api/people/${encodeURIComponent(person)}?q=a+b%20c&after=x%2Fy&empty=`,
    );

    expect(pathname).toBe('/api/people/crm%3Do%27neil%21%28%2A%29%40%C3%BC%20~%2F%2B%25');
    expect(search).toBe('?q=a%20b%20c&after=x%2Fy&empty=');
    expect(decodeURIComponent(pathname.split('/').at(-1) ?? '')).toBe(person);
  });
});

describe('deploymentAt', () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ['https://abc123.execute-api.eu-central-1.amazonaws.com', {}, 'eu-central-1'],
    ['https://abc123.execute-api.cn-north-1.amazonaws.com.cn', {}, 'cn-north-1'],
    ['https://abc123.execute-api.us-gov-west-1.amazonaws.com', { TRIBUTARY_REGION: 'eu-west-1' }, 'us-gov-west-1'],
    ['https://cdp.example.com', { TRIBUTARY_REGION: 'eu-west-1' }, 'eu-west-1'],
    ['https://cdp.example.com', { AWS_REGION: 'eu-west-1', TRIBUTARY_REGION: '' }, undefined],
    ['https://abc123.execute-api.eu-central-1.amazonaws.com.example.com', {}, undefined],
    ['http://127.0.0.1:4000', {}, undefined],
  ])('signs for the region of %s with %j: %s', (url, env, region) => {
    const refusal = deploymentAt(url, env)?.refusal('GET', new Response(null, { status: 403 }));

    expect(/signed for (\S+):/.exec(refusal?.message ?? '')?.[1]).toBe(region);
  });

  it('names what is needed in the partition of the region', () => {
    const told = (url: string) => deploymentAt(url, {})?.refusal('POST', new Response(null, { status: 403 })).message;

    expect(told('https://abc123.execute-api.cn-north-1.amazonaws.com.cn')).toContain(
      'execute-api:Invoke on arn:aws-cn:execute-api:cn-north-1:*:abc123/$default/POST/api/*',
    );
    expect(told('https://abc123.execute-api.us-gov-west-1.amazonaws.com')).toContain('arn:aws-us-gov:');
  });

  it.each([
    ['a region that is none', 'https://cdp.example.com', 'Frankfurt'],
    ['people sent in the clear', 'http://cdp.example.com', 'eu-central-1'],
  ])('refuses %s', (_what, url, region) => {
    expect(() => deploymentAt(url, { TRIBUTARY_REGION: region })).toThrowError(
      expect.objectContaining({ code: 'cli/bad-usage' }),
    );
  });
});

describe('the commands of a running stage, towards a deployment', () => {
  it('sign with credentials of the environment, at the address of TRIBUTARY_STAGE', async () => {
    const gateway = await openGateway(operator);
    const env = { ...signedBy(operator), TRIBUTARY_STAGE: `${gateway.url}/` };

    const { status, stdout } = await cli().run(['quarantine', 'crm', '--json'], { env });

    expect({ status, stdout }).toEqual({ status: 0, stdout: '[]\n' });
    expect(gateway.came.map(({ url, refused }) => [url, refused])).toEqual([['/api/quarantine/crm', undefined]]);
  });

  it('sign with a profile of a credentials file', async () => {
    const { sessionToken: _, ...known } = operator;
    const gateway = await openGateway(known);
    const file = join(cli().folder, 'credentials');
    const { accessKeyId, secretAccessKey } = known;
    writeFileSync(file, `[ops]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`);
    const env = { ...nobody, AWS_PROFILE: 'ops', AWS_SHARED_CREDENTIALS_FILE: file };

    const { status, stderr } = await cli().run(['quarantine', 'crm', '--json', '--stage', gateway.url], { env });

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(gateway.came.map(({ refused }) => refused)).toEqual([undefined]);
  });

  it('sign what stands in paths and behind the question mark as it is sent', async () => {
    const gateway = await openGateway(operator, {
      answer: async () => ({ status: 404, body: '{"code":"api/no-such-person","message":"nobody is known by that"}' }),
    });
    const env = { ...signedBy(operator), TRIBUTARY_STAGE: gateway.url };

    await cli().run(['profile', "crm=o'neil (1)ü+x"], { env });
    await cli().run(['profile', "crm=o'neil (1)/ü+x"], { env });
    await cli().run(['review', 'buyers', '--csv', '--columns', 'id,trait a'], { env });

    expect(gateway.came.map(({ url, refused }) => [url, refused])).toEqual([
      ['/api/people/crm%3Do%27neil%20%281%29%C3%BC%2Bx', undefined],
      ['/api/people/~crm~3Do%27neil~20%281%29~2F~C3~BC~2Bx', undefined],
      [expect.stringMatching(/\?columns=id%2Ctrait%20a&most=\d+$/), undefined],
    ]);
  });

  it('are refused when somebody changes the body on the way', async () => {
    const gateway = await openGateway(operator, {
      tamper: (body) => Buffer.from(body.toString().replace('newsletter', 'everybody')),
    });
    const env = { ...signedBy(operator), TRIBUTARY_STAGE: gateway.url };

    const { status, stdout } = await cli().run(['push', 'newsletter', '--dry-run', '--json'], { env });

    expect({ status, ...(JSON.parse(stdout) as object) }).toMatchObject({
      status: 1,
      error: { code: 'cli/not-granted' },
    });
    expect(gateway.came.map(({ refused }) => refused)).toEqual(['the signature']);
  });

  it.each([
    ['another secret', { secretAccessKey: 'another' }, 'the signature'],
    ['another session', { sessionToken: 'another' }, 'the session token'],
    ['another region', { region: 'eu-west-1' }, expect.stringContaining('eu-west-1/execute-api/aws4_request')],
  ])('are refused with %s, and say which right is needed and nothing secret', async (_what, other, refused) => {
    const gateway = await openGateway(operator);
    const wrong = { ...operator, ...other };

    const ran = await cli().run(['quarantine', 'crm', '--stage', gateway.url], { env: signedBy(wrong) });

    expect(gateway.came[0]?.refused).toEqual(refused);
    expect({ status: ran.status, stdout: ran.stdout, stderr: ran.stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: `tributary: ${gateway.url} does not let these AWS credentials in, signed for ${wrong.region}: they need execute-api:Invoke on arn:aws:execute-api:${wrong.region}:*:API-ID/$default/GET/api/*, and a session that has not ended (cli/not-granted)\n`,
    });
    expect([...SECRETS, 'Signature='].filter((secret) => ran.stderr.includes(secret))).toEqual([]);
  });

  it('say what right is missing of whoever is known and may not', async () => {
    const gateway = await openGateway(operator, { denies: true });
    const env = { ...signedBy(operator), AWS_ACCOUNT_ID: '111122223333', TRIBUTARY_STAGE: gateway.url };

    const { status, stderr } = await cli().run(['forget', 'ann@example.com', '--yes'], { env });

    expect(status).toBe(1);
    expect(stderr).toContain(
      'execute-api:Invoke on arn:aws:execute-api:eu-central-1:111122223333:API-ID/$default/POST/api/*',
    );
    expect(stderr).not.toContain('ann@example.com');
  });

  it('say that the clock is wrong where it is', async () => {
    const gateway = await openGateway(operator, { now: () => new Date(Date.now() + 20 * 60_000) });

    const { stderr } = await cli().run(['quarantine', 'crm', '--stage', gateway.url], { env: signedBy(operator) });

    expect(gateway.came[0]?.refused).toBe('the clock');
    expect(stderr).toBe(
      `tributary: the clock of this machine is 20 minutes behind that of ${gateway.url}, and AWS takes five at most: set it (cli/clock-wrong)\n`,
    );
  });

  it.each([
    [
      'there are no credentials',
      {},
      'no AWS credentials are to be had in the environment or a profile; name a profile with AWS_PROFILE, or sign in: aws sso login (cli/no-credentials)',
    ],
    [
      'the profile is not there',
      { AWS_PROFILE: 'nowhere' },
      'no AWS credentials are to be had for the profile nowhere; name a profile with AWS_PROFILE, or sign in: aws sso login (cli/no-credentials)',
    ],
    [
      'they have expired',
      { ...signedBy(operator), AWS_CREDENTIAL_EXPIRATION: '2026-01-01T00:00:00Z' },
      'the AWS credentials have expired; sign in again (aws sso login), or take new ones (cli/expired-credentials)',
    ],
  ])('send nothing when %s', async (_what, env, says) => {
    const gateway = await openGateway(operator);

    const ran = await cli().run(['quarantine', 'crm', '--stage', gateway.url], { env: { ...nobody, ...env } });

    expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 1, stderr: `tributary: ${says}\n` });
    expect(gateway.came).toEqual([]);
  });

  it('say that a sign-in by SSO has ended', async () => {
    const gateway = await openGateway(operator);
    const file = join(cli().folder, 'sso-config');
    const sso = 'sso_session=acme\nsso_account_id=111122223333\nsso_role_name=ops';
    const session = 'sso_start_url=https://acme.example.com/start\nsso_region=eu-central-1';
    writeFileSync(file, `[profile ops]\n${sso}\n[sso-session acme]\n${session}\n`);
    const cache = join(cli().folder, '.aws', 'sso', 'cache');
    mkdirSync(cache, { recursive: true });
    const token = { accessToken: 'sso-token', expiresAt: '2026-01-01T00:00:00Z' };
    writeFileSync(join(cache, `${createHash('sha1').update('acme').digest('hex')}.json`), JSON.stringify(token));
    const env = { ...nobody, AWS_PROFILE: 'ops', AWS_CONFIG_FILE: file, HOME: cli().folder };

    const ran = await cli().run(['quarantine', 'crm', '--stage', gateway.url, '--json'], { env });

    expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code: 'cli/expired-credentials' } });
    expect(gateway.came).toEqual([]);
  });

  it('take the option before the environment, and the environment before the stage that was started here', async () => {
    const [named, exported, started] = [
      await serve(() => [200, []]),
      await serve(() => [200, []]),
      await serve(() => [200, []]),
    ];
    const folder = join(cli().folder, 'precedence');
    mkdirSync(join(folder, '.tributary'), { recursive: true });
    writeFileSync(join(folder, '.tributary', 'stage.json'), JSON.stringify({ url: started.url, token: 'secret' }));
    const env = { TRIBUTARY_STAGE: exported.url };

    await cli().run(['quarantine', 'crm', '--json', '--stage', named.url], { cwd: folder, env });
    await cli().run(['quarantine', 'crm', '--json'], { cwd: folder, env });
    await cli().run(['quarantine', 'crm', '--json'], { cwd: folder, env: { TRIBUTARY_STAGE: '' } });

    expect([named, exported, started].map(({ asked }) => asked.map(({ token }) => token))).toEqual([
      [undefined],
      [undefined],
      ['Bearer secret'],
    ]);
  });

  it('show the stage that was started here its token, also where TRIBUTARY_REGION is set', async () => {
    const started = await serve(() => [200, []]);
    const folder = join(cli().folder, 'both');
    mkdirSync(join(folder, '.tributary'), { recursive: true });
    writeFileSync(join(folder, '.tributary', 'stage.json'), JSON.stringify({ url: started.url, token: 'secret' }));

    await cli().run(['quarantine', 'crm', '--json'], { cwd: folder, env: signedBy(operator) });

    expect(started.asked.map(({ token }) => token)).toEqual(['Bearer secret']);
  });

  it('follow nobody who sends them elsewhere', async () => {
    const elsewhere = await openGateway(operator);
    const gateway = await openGateway(operator, {
      answer: async (message) => {
        message.socket.end(`HTTP/1.1 307 Moved\r\nlocation: ${elsewhere.url}/api/runs\r\ncontent-length: 0\r\n\r\n`);
        return { status: 307, body: '' };
      },
    });

    const { stderr } = await cli().run(['quarantine', 'crm', '--stage', gateway.url], { env: signedBy(operator) });

    expect(stderr).toContain('answered 307 and not as a stage does; is it the ApiUrl of the stack');
    expect(elsewhere.came).toEqual([]);
  });
});

describe('whyRefused', () => {
  it('lets nobody in who does not sign', () => {
    const request = { method: 'GET', url: '/api/runs', headers: { host: 'x' }, body: Buffer.alloc(0) };

    expect(whyRefused(request, operator, new Date())).toBe('not signed');
  });
});

describe('tributary console, of a deployment', () => {
  it.each([
    ['shows the page on which people sign in', 'cognito', 0],
    ['says how to let people sign in where nobody can', 'none', 1],
  ])('%s', async (_does, signIn, expected) => {
    const gateway = await openGateway(operator, {
      answer: async () => ({ status: 200, body: JSON.stringify({ signIn }) }),
    });

    const { status, stdout } = await cli().run(['console', '--json', '--stage', gateway.url], {
      env: signedBy(operator),
    });

    expect({ status, printed: JSON.parse(stdout) as unknown }).toEqual({
      status: expected,
      printed:
        expected === 0
          ? { consoleUrl: `${gateway.url}/` }
          : { error: { code: 'cli/no-sign-in', message: expect.stringContaining('console.sign_in') } },
    });
    expect(gateway.came.map(({ method, url }) => [method, url])).toEqual([['GET', '/assets/console.json']]);
  });
});
