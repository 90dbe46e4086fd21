import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** One file of ours. `path` is relative to the repository, with slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

const rooms = ['lib', 'functions', 'cli', 'console', 'test', 'bench', 'scripts'];
const CODE = /\.(tsx?|mjs|cjs|js)$/;
const cache = new Map<string, SourceFile>();

/** Every code file under the given folders; all rooms when none is given. */
export function sourceFiles(...under: string[]): readonly SourceFile[] {
  const found = under.length === 0 ? rooms : under;
  return found
    .flatMap((folder) => filesUnder(folder))
    .filter((path) => CODE.test(path))
    .map(load);
}

/** Every file under a folder, relative to the repository; none when the folder is not there. */
export function filesUnder(folder: string): readonly string[] {
  const skipped = new Set(['node_modules', 'dist', 'cdk.out', '.tributary']);
  const entries = readdirOrNothing(join(root, folder));
  return entries.flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

/** Visits every node of a file, depth first. */
export function visit(file: SourceFile, see: (node: ts.Node) => void): void {
  const walk = (node: ts.Node): void => {
    see(node);
    ts.forEachChild(node, walk);
  };
  walk(file.tree);
}

/** `path:line` of a node, for messages. */
export function placeOf(file: SourceFile, node: ts.Node): string {
  return `${file.path}:${file.tree.getLineAndCharacterOfPosition(node.getStart(file.tree)).line + 1}`;
}

/** Parses a file of the repository, once. */
function load(path: string): SourceFile {
  const known = cache.get(path);
  if (known !== undefined) return known;
  const file = parse(path, readFileSync(join(root, path), 'utf8'));
  cache.set(path, file);
  return file;
}

/** Parses text as if it were the file at `path`. */
export function parse(path: string, text: string): SourceFile {
  return { path: relative('.', path), text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true) };
}

function readdirOrNothing(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // A room that has no files yet keeps every rule.
    return [];
  }
}
