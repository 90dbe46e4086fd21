import { describe, expect, it } from 'vitest';
import { realTools, startSimulators } from '../../lib/local/simulators.ts';
import { loadWorkspace } from '../../lib/workspace/load.ts';

const { definitions } = await loadWorkspace('examples/acme');
if (definitions === undefined) throw new Error('examples/acme has problems');
const { salesforce, newsletter } = definitions.connections;
if (salesforce === undefined || newsletter === undefined) throw new Error('examples/acme has other connections');

describe('realTools', () => {
  it('names each connection whose tool could be simulated and is not', () => {
    const { endpoint: _simulator, ...own } = newsletter;
    const sandbox = { ...salesforce, endpoint: 'https://sandbox.example.com' };

    expect(realTools({ connections: { salesforce, newsletter } })).toEqual([]);
    expect(realTools({ connections: { salesforce, newsletter: own } })).toEqual(['newsletter']);
    expect(realTools({ connections: { salesforce: sandbox, newsletter } })).toEqual(['salesforce']);
  });

  it('passes over files, which no tool stands behind', () => {
    const files = { ...newsletter, connector: 'files', name: 'files' };

    expect(realTools({ connections: { files: { ...files, endpoint: 'https://files.example.com' } } })).toEqual([]);
  });
});

describe('startSimulators', () => {
  it('says which connection asks for a tool that nobody simulates', async () => {
    const connections = { own: { ...newsletter, name: 'own', connector: 'files' } };
    const now = new Date('2026-11-21T09:00:00.000Z');

    await expect(startSimulators({ ...definitions, connections }, now, () => now)).rejects.toMatchObject({
      code: 'stage/no-simulator',
      message: expect.stringContaining('connection own asks for a simulated tool of files'),
    });
  });
});
