import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectors } from '../lib/connectors/registry.ts';
import { chaosTable } from './chaos-text.ts';
import { connectorPage, connectorTable } from './connector-text.ts';
import { functionTable } from './function-text.ts';
import { metricTable } from './metric-text.ts';

// Writes the generated parts of documents: node --import tsx scripts/write-docs.ts. test/docs compares them.
const root = join(import.meta.dirname, '..');

/** A document with a generated part, and what that part must be. */
export interface GeneratedPart {
  /** Relative to the repository. */
  readonly file: string;
  readonly text: string;
}

/** Every generated part, from the registry and the functions as they are now. */
export function generatedParts(): readonly GeneratedPart[] {
  const pages = Object.values(connectors).map((connector) => ({
    file: `docs/connectors/${connector.manifest.id}.md`,
    text: `\n${connectorPage(connector)}\n`,
  }));
  return [
    { file: 'README.md', text: `\n${connectorTable(connectors)}\n` },
    { file: 'docs/runbook.md', text: `\n${metricTable()}\n` },
    { file: 'docs/architecture.md', text: `\n${functionTable()}\n` },
    { file: 'docs/reliability.md', text: `\n${chaosTable()}\n` },
    ...pages,
  ];
}

/** The part of a document between its two markers; undefined when it has none. */
export function partOf(document: string): string | undefined {
  return MARKED.exec(document)?.[2];
}

/** The document with its generated part replaced. Throws Error when it has no markers. */
export function withPart(document: string, text: string): string {
  if (partOf(document) === undefined) throw new Error('expected the lines <!-- generated --> and <!-- /generated -->');
  return document.replace(MARKED, (_whole, begin: string, _old: string, end: string) => `${begin}${text}${end}`);
}

const MARKED = /(<!-- generated[^>]*-->\n)([\s\S]*?)(<!-- \/generated -->)/;

function writeAll(): void {
  for (const { file, text } of generatedParts()) {
    const path = join(root, file);
    writeFileSync(path, withPart(readFileSync(path, 'utf8'), text));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeAll();
