import { createHash } from 'node:crypto';
import { files } from '../../../lib/connectors/files/index.ts';
import type { Scenario } from '../../conformance/scenario.ts';

const at = '2026-11-20T04:00:00.000Z';
const nameOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** Files have no tool: what there is to hold to the contract is what becomes of rows. */
export const filesScenario: Scenario = {
  connector: files,
  config: {
    mapping: {
      object: 'attendee',
      identifiers: { email: 'E-Mail' },
      at: ['Registered', 'Invited'],
      traits: { first_name: 'First name', 'company.employees': { from: 'Employees', as: 'number' } },
      consent: [{ topic: 'email', from: 'News', address: 'E-Mail', granted: ['yes'], denied: ['no'], by: 'person' }],
    },
  },
  secret: {},
  start: async () => ({ url: 'http://127.0.0.1:9', close: async () => {} }),
  secrets: ['ann@example.com', 'bob@example.com', 'cyd'],
  streams: {},
  imports: {
    records: [
      { row: { 'E-Mail': 'ann@example.com', 'First name': 'Ann', Registered: '2026-11-01', Employees: '12' }, at },
      { row: { 'E-Mail': ' Bob@Example.com ', Registered: '', Invited: '2026-11-02 10:30', News: 'yes' }, at },
    ],
    expected: [
      `conformance:attendee:${nameOf('email\nann@example.com')}`,
      `conformance:attendee:${nameOf('email\nbob@example.com')}`,
    ],
    unusable: [
      { row: { 'E-Mail': 'cyd', Registered: '2026-11-01' }, at },
      { row: { 'E-Mail': 'ann@example.com', Registered: 'soon' }, at },
      { 'E-Mail': 'bob@example.com' },
    ],
  },
};
