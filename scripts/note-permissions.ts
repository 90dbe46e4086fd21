import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Permissions, usedIn } from '../lib/local/proxy/permission.ts';

// Sums up what the functions of all stages did, as the stages noted it, for test/infra/least-privilege.test.ts.
const [notes = ''] = process.argv.slice(2);
const target = new URL('../test/fixtures/used-permissions.json', import.meta.url);
const lines = readFileSync(notes, 'utf8')
  .split('\n')
  .filter((line) => line !== '');
const used = usedIn(lines.map((line) => JSON.parse(line) as Permissions));
// Functions of templates that tests write by hand have other names.
const own = Object.fromEntries(Object.entries(used).filter(([id]) => id.endsWith('Function')));
writeFileSync(target, `${JSON.stringify(own, null, 2)}\n`);
rmSync(notes);
