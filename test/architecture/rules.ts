import ts from 'typescript';
import { placeOf, type SourceFile, visit } from './source-files.ts';

/** What a rule found: `path:line what`. Every rule here is a pure function of one file, so that it can be tried on text. */
export type Finding = string;

const FILE_NAME =
  /^[a-z0-9]+(-[a-z0-9]+)*(\.stream)?(\.(integration|nightly|property))?(\.test|\.config|\.d)?\.(tsx?|mjs|cjs)$/;
/** The second words are drawers only when they are the whole name: `resource-types.ts` says of what. */
const DRAWER = /(^|-)(utils?|helpers?|misc|stuff)$|^(commons?|shared|types?|constants?)$/;

/** A file name says what is inside: kebab-case, and no drawer that everything is thrown into. */
export function badFileName({ path }: SourceFile): Finding[] {
  const name = path.split('/').at(-1) ?? '';
  const words = name.split('.')[0] ?? '';
  if (DRAWER.test(words)) {
    return [`${path} is a drawer: put each thing where the idea it serves lives`];
  }
  return FILE_NAME.test(name) ? [] : [`${path} is not kebab-case`];
}

/** Only a connector's index.ts gathers; elsewhere one imports the file that holds the thing. */
export function barrel({ path }: SourceFile): Finding[] {
  const isBarrel = /(^|\/)index\.ts$/.test(path) && !/^lib\/connectors\/[^/]+\/index\.ts$/.test(path);
  return isBarrel ? [`${path}: only connectors/*/index.ts may be an index; import the file that holds the thing`] : [];
}

/** Longer than `most` lines is two ideas. */
export function tooLong({ path, text }: SourceFile, most: number): Finding[] {
  const lines = text.trimEnd().split('\n').length;
  return lines > most ? [`${path} has ${lines} lines, at most ${most} are allowed: split it by idea`] : [];
}

/** Exports are named where they are declared. Declarations of somebody else's untyped package say what it is. */
export function defaultExport(file: SourceFile): Finding[] {
  if (file.path.endsWith('.d.ts')) return [];
  return findings(file, (node) => {
    if (ts.isExportAssignment(node)) return 'has a default export: name it';
    const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
    return modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)
      ? 'has a default export: name it'
      : undefined;
  });
}

/** A function of functions/ has no branch of its own. */
export function branch(file: SourceFile): Finding[] {
  return findings(file, (node) =>
    ts.isIfStatement(node) || ts.isConditionalExpression(node) || ts.isSwitchStatement(node)
      ? 'branches: move the decision to lib/pipeline'
      : undefined,
  );
}

/** Nothing waits: what needs to wait is no decision. */
export function waiting(file: SourceFile): Finding[] {
  return findings(file, (node) => {
    const waits =
      ts.isAwaitExpression(node) ||
      node.kind === ts.SyntaxKind.AsyncKeyword ||
      (ts.isTypeReferenceNode(node) && node.typeName.getText() === 'Promise');
    return waits ? 'is async: the pipeline waits, the domain decides' : undefined;
  });
}

/** The clock, chance and the environment come in as arguments. */
export function hiddenInput(file: SourceFile): Finding[] {
  return findings(file, (node) => {
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments ?? []).length === 0) {
      return 'reads the clock: take `now` as an argument';
    }
    if (!ts.isPropertyAccessExpression(node)) return undefined;
    const text = node.getText();
    if (text === 'Date.now' || text === 'performance.now') return 'reads the clock: take `now` as an argument';
    if (text === 'Math.random' || text === 'crypto.randomUUID')
      return 'rolls dice: take the seed or the id as an argument';
    return text === 'process.env' ? 'reads the environment: take the setting as an argument' : undefined;
  });
}

/** Calls of the global fetch; a connector gets its own. */
export function globalFetch(file: SourceFile): Finding[] {
  return findings(file, (node) =>
    ts.isCallExpression(node) &&
    ts.isIdentifier(node.expression) &&
    /^(fetch|setTimeout|setInterval)$/.test(node.expression.text)
      ? `calls the global ${node.expression.text}: effects come in through ConnectorIo`
      : undefined,
  );
}

/** Words of the glossary's right column → the word we use. Compared with the words inside a declared name. */
const banned: Readonly<Record<string, string>> = {
  integration: 'connector',
  plugin: 'connector',
  bookmark: 'cursor',
  watermark: 'cursor',
  cohort: 'segment',
  customer: 'profile',
  blocklist: 'suppression',
  blacklist: 'suppression',
  whitelist: 'the name of what it allows',
  dedupe: 'survivorship, or the name of what is counted once',
};

/** Names that we declare use the glossary's words. */
export function bannedWord(file: SourceFile): Finding[] {
  return findings(file, (node) => {
    const name = declaredName(node);
    const words = (name ?? '')
      .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(/[^a-z]+/);
    const word = words.map((one) => one.replace(/s$/, '')).find((one) => Object.hasOwn(banned, one));
    return word === undefined ? undefined : `declares \`${name}\`: we do not say "${word}", we say "${banned[word]}"`;
  });
}

/** A test that asserts nothing passes for ever; one that is skipped or alone hides the rest. */
export function emptyTest(file: SourceFile): Finding[] {
  return findings(file, (node) => {
    if (!ts.isCallExpression(node)) return undefined;
    const called = node.expression.getText();
    if (/^(it|test|describe)\.(skip|only|todo|fails)\b/.test(called)) return `uses ${called}`;
    if (!/^(it|test)(\.each\b|\.for\b|$)/.test(called)) return undefined;
    const body = node.arguments.find((one) => ts.isArrowFunction(one) || ts.isFunctionExpression(one));
    if (body === undefined) return undefined;
    return /\b(expect|assert)\w*\s*[(.<]/.test(body.getText()) ? undefined : 'asserts nothing';
  });
}

function declaredName(node: ts.Node): string | undefined {
  const declares =
    ts.isVariableDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isPropertySignature(node) ||
    ts.isMethodSignature(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isClassDeclaration(node);
  return declares && node.name !== undefined && ts.isIdentifier(node.name) ? node.name.text : undefined;
}

function findings(file: SourceFile, look: (node: ts.Node) => string | undefined): Finding[] {
  const found: Finding[] = [];
  visit(file, (node) => {
    const what = look(node);
    if (what !== undefined) found.push(`${placeOf(file, node)} ${what}`);
  });
  return found;
}
