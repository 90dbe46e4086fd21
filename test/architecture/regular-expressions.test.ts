import { analyse } from 'scslre';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { type SourceFile, sourceFiles, visit } from './source-files.ts';

interface Expression {
  readonly at: string;
  readonly source: string;
  readonly flags: string;
}

function expressionsIn(file: SourceFile): readonly Expression[] {
  const found: Expression[] = [];
  visit(file, (node) => {
    if (!ts.isRegularExpressionLiteral(node)) return;
    const end = node.text.lastIndexOf('/');
    const line = file.tree.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    found.push({ at: `${file.path}:${line}`, source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
  });
  return found;
}

describe('regular expressions of the product', () => {
  const files = sourceFiles('lib', 'functions', 'cli', 'console');

  it('take time in proportion to the text, whatever the text is', () => {
    const expressions = files.flatMap(expressionsIn);
    const slow = expressions.filter(({ source, flags }) => analyse({ source, flags }).reports.length > 0);

    expect(expressions.length).toBeGreaterThan(250);
    // Of two ways to write the same one is linear: say where the run begins, or what may not be in it.
    expect(slow.map(({ at, source }) => `${at} ${source}`)).toEqual([]);
  });

  it('are made of text only where the text is ours: what people write goes through RE2', () => {
    const made = files.flatMap((file) => {
      const found: string[] = [];
      visit(file, (node) => {
        if (!ts.isNewExpression(node) || node.expression.getText() !== 'RegExp') return;
        const [made] = node.arguments ?? [];
        found.push(`${file.path} ${made !== undefined && ts.isIdentifier(made) ? made.text : 'a template'}`);
      });
      return found;
    });

    expect(made.sort()).toEqual([
      // One of the two quotes of CSV.
      'lib/connectors/files/csv-form.ts a template',
      'lib/connectors/files/csv-form.ts a template',
      'lib/domain/segment/duration.ts DURATION_PATTERN',
      'lib/domain/segment/operand.ts PERCENT_PATTERN',
      'lib/pipeline/imports/drop-notice.ts NO_NAME',
      'lib/workspace/percent.ts PERCENT_PATTERN',
      'lib/workspace/schedule.ts SCHEDULE_PATTERN',
    ]);
  });
});
