import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { filesUnder, placeOf, root, type SourceFile, visit } from './source-files.ts';

/** `<area>/<what>`: lower-case words with dashes. */
const CODE = /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/;

/** The Markdown files that we publish: those of the root, docs/, examples/ and the rooms. */
export function documents(): readonly string[] {
  const ours = /^([A-Z]+\.md|(docs|lib|examples|test|cli|console|functions|bench|scripts)\/.*\.md)$/;
  return filesUnder('.').filter((path) => ours.test(path));
}

/** Relative links of a document that lead nowhere: the file is missing, or has no such heading. */
export function deadLinks(path: string, text: string): string[] {
  const dead: string[] = [];
  for (const [, target] of withoutCode(text).matchAll(/\]\(([^()\s]+)(?:\s+"[^"]*")?\)/g)) {
    if (target === undefined || /^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
    const [file = '', anchor] = target.split('#');
    const to = file === '' ? path : normalize(join(dirname(path), decodeURI(file)));
    if (to !== path && !existsSync(join(root, to))) dead.push(`${path} links to ${target}: no such file`);
    else if (anchor !== undefined && to.endsWith('.md') && !anchorsOf(to === path ? text : read(to)).has(anchor)) {
      dead.push(`${path} links to ${target}: no such heading`);
    }
  }
  return dead;
}

/**
 * What is wrong with the guides of some folders, given every file of theirs: a folder of more than five files says in a
 * README of at most 15 lines what lives here, and every file it names (`file.ts`, from this folder) is there.
 */
export function badGuides(paths: readonly string[], textOf: (path: string) => string): string[] {
  return [...new Set(paths.map(dirname))].flatMap((folder) => {
    const guide = `${folder}/README.md`;
    const files = paths.filter((path) => dirname(path) === folder && path !== guide);
    if (!paths.includes(guide)) return files.length > 5 ? [`${folder} has ${files.length} files and no README.md`] : [];
    const text = textOf(guide);
    const lines = text.trimEnd().split('\n').length;
    const gone = [...text.matchAll(/`((?:\.\.?\/|[a-z-]+\/)*[a-z0-9.-]+\.ts)`/g)].flatMap(([, name = '']) =>
      [folder, '.'].some((from) => existsSync(join(root, from, name))) ? [] : [`${guide} names ${name}: no such file`],
    );
    return lines > 15 ? [`${guide} has ${lines} lines, at most 15 are allowed`, ...gone] : gone;
  });
}

/** The anchors that GitHub gives a document's headings, and those written as `<a id="…">`. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, title = ''] of withoutCode(text, { keepSpans: true }).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let unique = slug;
    for (let n = 1; anchors.has(unique); n += 1) unique = `${slug}-${n}`;
    anchors.add(unique);
  }
  for (const [, id = ''] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** The codes that docs/errors.md explains: each is a heading of its own. */
export function documentedCodes(text: string): readonly string[] {
  return [...text.matchAll(/^#{2,6}\s+`?([a-z][a-z0-9-]*\/[a-z][a-z0-9-]*)`?\s*$/gm)].map(([, code = '']) => code);
}

/**
 * Every error and rejection code of the given files with its first place. A code is recognised where it is certain:
 * the second argument of `new TributaryError`, a property `code`, an argument for a parameter `code`. Any other text
 * in an area found so counts as well, because tables hand codes on.
 */
export function usedCodes(files: readonly SourceFile[]): ReadonlyMap<string, string> {
  const takers = codeTakers(files);
  const areas = new Set<string>();
  const texts = new Map<string, string>();
  for (const file of files) {
    visit(file, (node) => {
      for (const code of certainCodes(node, takers)) areas.add(areaOf(code));
      if (!ts.isStringLiteralLike(node) || !CODE.test(node.text) || isModuleName(node)) return;
      if (!texts.has(node.text)) texts.set(node.text, placeOf(file, node));
    });
  }
  return new Map([...texts].filter(([code]) => areas.has(areaOf(code))));
}

/** Codes that are put together at run time: nobody can search for them. */
export function assembledCodes(files: readonly SourceFile[]): string[] {
  const takers = codeTakers(files);
  const found: string[] = [];
  for (const file of files) {
    visit(file, (node) => {
      const at = codePosition(node, takers);
      if (at !== undefined && ts.isTemplateExpression(at) && at.getText().includes('/')) {
        found.push(`${placeOf(file, at)} puts a code together: write it out`);
      }
    });
  }
  return found;
}

/** Function name → which of its parameters is called `code`. */
type Takers = ReadonlyMap<string, number>;

function codeTakers(files: readonly SourceFile[]): Takers {
  const takers = new Map<string, number>();
  for (const file of files) {
    visit(file, (node) => {
      if (!ts.isFunctionDeclaration(node) || node.name === undefined) return;
      const index = node.parameters.findIndex(({ name }) => name.getText() === 'code');
      if (index !== -1) takers.set(node.name.text, index);
    });
  }
  return takers;
}

function certainCodes(node: ts.Node, takers: Takers): readonly string[] {
  const at = codePosition(node, takers);
  if (at === undefined) return [];
  const found: string[] = [];
  const look = (one: ts.Node): void => {
    if (ts.isStringLiteralLike(one) && CODE.test(one.text)) found.push(one.text);
    ts.forEachChild(one, look);
  };
  look(at);
  return found;
}

/** The expression that must be a code, if this node holds one. */
function codePosition(node: ts.Node, takers: Takers): ts.Expression | undefined {
  if (ts.isNewExpression(node) && node.expression.getText() === 'TributaryError') return node.arguments?.[1];
  if (ts.isPropertyAssignment(node) && node.name.getText() === 'code') return node.initializer;
  if (!ts.isCallExpression(node)) return undefined;
  const index = takers.get(node.expression.getText());
  return index === undefined ? undefined : node.arguments[index];
}

function areaOf(code: string): string {
  return code.split('/')[0] ?? '';
}

function isModuleName(node: ts.Node): boolean {
  const { parent } = node;
  const isImport = ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) || ts.isLiteralTypeNode(parent);
  return (
    isImport || (ts.isCallExpression(parent) && /^(import|require|.*\.resolve)$/.test(parent.expression.getText()))
  );
}

function withoutCode(text: string, { keepSpans = false } = {}): string {
  const prose = text.replace(/^(```|~~~)[\s\S]*?^\1\s*$/gm, '');
  return keepSpans ? prose : prose.replace(/`[^`\n]*`/g, '');
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
