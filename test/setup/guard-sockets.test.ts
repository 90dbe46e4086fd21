import { createServer, get } from 'node:http';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';

// vitest.config.ts has switched the guard on for every test file.
describe('guardSockets', () => {
  it('refuses a host that is not loopback', () => {
    expect(() => connect(80, '192.0.2.1')).toThrow('loopback only');
    expect(() => connect({ port: 80, host: 'example.com' })).toThrow('loopback only');
    expect(() => connectTls({ port: 443, host: 'example.com' })).toThrow('loopback only');
    expect(() => get('http://example.com/path')).toThrow('loopback only');
  });

  it('refuses fetch to the world', async () => {
    await expect(fetch('https://example.com/')).rejects.toMatchObject({
      cause: { message: expect.stringContaining('loopback only') },
    });
  });

  it('lets fetch reach a server on loopback', async () => {
    const server = createServer((_request, response) => response.end('here'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    const answers = await Promise.all([
      fetch(`http://127.0.0.1:${port}/`).then((response) => response.text()),
      fetch(`http://localhost:${port}/`).then((response) => response.text()),
    ]);

    await new Promise((resolve) => server.close(resolve));
    expect(answers).toEqual(['here', 'here']);
  });
});
