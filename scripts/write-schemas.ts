import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectors } from '../lib/connectors/registry.ts';
import { publishedSchemas } from '../lib/workspace/published.ts';

// Writes schemas/*.schema.json from the schemas that `tributary check` uses: node --import tsx scripts/write-schemas.ts
const root = join(import.meta.dirname, '..');
const folder = join(root, 'schemas');
await mkdir(folder, { recursive: true });
for (const [name, schema] of Object.entries(publishedSchemas(connectors))) {
  await writeFile(join(folder, name), `${JSON.stringify(schema, null, 2)}\n`);
}
execFileSync(join(root, 'node_modules', '.bin', 'biome'), ['format', '--write', folder], { stdio: 'inherit' });
