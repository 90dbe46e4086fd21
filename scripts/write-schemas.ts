import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConnectors } from '../lib/connectors/define.ts';
import { connectors as registry } from '../lib/connectors/registry.ts';
import { publishedSchemas } from '../lib/workspace/published.ts';

const connectors = await loadConnectors(registry);

// Writes schemas/*.schema.json from the schemas that `tributary check` uses: node --import tsx scripts/write-schemas.ts
const root = join(import.meta.dirname, '..');
const folder = join(root, 'schemas');
await mkdir(folder, { recursive: true });
for (const [name, schema] of Object.entries(publishedSchemas(connectors))) {
  // By its input: files in schemas/ are left out of the checks, and the formatter would leave them out too.
  const formatter = ['format', '--stdin-file-path', name];
  const text = execFileSync(join(root, 'node_modules', '.bin', 'biome'), formatter, {
    input: JSON.stringify(schema, null, 2),
  });
  await writeFile(join(folder, name), text);
}
