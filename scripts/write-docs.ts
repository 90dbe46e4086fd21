import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scaleParts, scalePlots } from '../bench/scale/page.ts';
import { loadConnectors } from '../lib/connectors/define.ts';
import { connectors as registry } from '../lib/connectors/registry.ts';
import { chaosTable } from './chaos-text.ts';
import { connectorPage, connectorTable } from './connector-text.ts';
import { functionTable } from './function-text.ts';
import { metricTable } from './metric-text.ts';

const connectors = await loadConnectors(registry);

// Writes the generated parts of documents: node --import tsx scripts/write-docs.ts. test/docs compares them.
const root = join(import.meta.dirname, '..');

/** A document with a generated part, and what that part must be. */
export interface GeneratedPart {
  /** Relative to the repository. */
  readonly file: string;
  /** Which of its parts, in a document that has several. */
  readonly name?: string;
  readonly text: string;
}

/** Files that are generated whole. */
export function generatedFiles(): readonly GeneratedPart[] {
  return Object.entries(scalePlots()).map(([name, text]) => ({ file: `docs/images/${name}`, text }));
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
    ...Object.entries(scaleParts()).map(([name, text]) => ({ file: 'docs/scale.md', name, text: `\n${text}\n` })),
    { file: 'docs/reliability.md', text: `\n${chaosTable()}\n` },
    ...pages,
  ];
}

/** The part of a document between its two markers; undefined when it has none. */
export function partOf(document: string, name?: string): string | undefined {
  return marked(name).exec(document)?.[2];
}

/** The document with its generated part replaced. Throws Error when it has no markers. */
export function withPart(document: string, text: string, name?: string): string {
  if (partOf(document, name) === undefined) {
    const of = name === undefined ? '' : ` ${name}`;
    throw new Error(`expected the lines <!-- generated${of} --> and <!-- /generated${of} -->`);
  }
  return document.replace(marked(name), (_whole, begin: string, _old: string, end: string) => `${begin}${text}${end}`);
}

function marked(name: string | undefined): RegExp {
  return name === undefined
    ? /(<!-- generated[^>]*-->\n)([\s\S]*?)(<!-- \/generated -->)/
    : new RegExp(`(<!-- generated ${name} -->\\n)([\\s\\S]*?)(<!-- /generated ${name} -->)`);
}

function writeAll(): void {
  for (const { file, name, text } of generatedParts()) {
    const path = join(root, file);
    writeFileSync(path, withPart(readFileSync(path, 'utf8'), text, name));
  }
  for (const { file, text } of generatedFiles()) writeFileSync(join(root, file), text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeAll();
