import { readFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { config } from '../../lib/connectors/files/config.ts';
import type { ReadMapping, WrittenMapping } from '../../lib/connectors/written-mapping.ts';
import { TributaryError } from '../../lib/domain/errors.ts';
import { isJsonObject, type Json } from '../../lib/domain/json.ts';

/** A mapping in a file of its own: itself, or under `mapping:` as in tributary.yaml. Throws `import/bad-mapping`. */
export async function readMappingFile(path: string): Promise<ReadMapping> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TributaryError('config', 'cli/no-such-file', `there is no file ${path}`, { cause });
  });
  let written: Json;
  try {
    written = parse(text) as Json;
  } catch (cause) {
    throw new TributaryError('config', 'import/bad-mapping', `${path} is no YAML`, { cause });
  }
  const inner = isJsonObject(written) && isJsonObject(written.mapping) ? written.mapping : written;
  return checkMapping({ mapping: inner }, path);
}

/** The mapping in the settings of a connection. Throws `import/bad-mapping` with everything that is wrong. */
export function checkMapping(settings: unknown, where: string): ReadMapping {
  const checked = config.safeParse(settings);
  if (checked.success) return checked.data.mapping;
  const list = checked.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
  throw new TributaryError('config', 'import/bad-mapping', `${where} cannot be used: ${list.join('; ')}`);
}

/** A suggested mapping as YAML, to paste under `connections:` of tributary.yaml. */
export function suggestionText(mapping: WrittenMapping): string {
  return stringify({ 'my-files': { connector: 'files', mapping } }, { lineWidth: 0 });
}
