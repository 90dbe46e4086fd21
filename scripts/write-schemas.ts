import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectors } from '../lib/connectors/registry.ts';
import { publishedSchemas } from '../lib/workspace/published.ts';

// Writes schemas/*.schema.json from the schemas that `tributary check` uses: node --import tsx scripts/write-schemas.ts
const folder = join(import.meta.dirname, '..', 'schemas');
await mkdir(folder, { recursive: true });
for (const [name, schema] of Object.entries(publishedSchemas(connectors))) {
  await writeFile(join(folder, name), `${JSON.stringify(schema, null, 2)}\n`);
}
