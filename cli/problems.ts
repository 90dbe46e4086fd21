import { join } from 'node:path';
import { isError, type Problem } from '../lib/workspace/problem.ts';
import { countOf, type Terminal } from './terminal.ts';

/** Problems of a workspace for a person: place, what was found, what was expected, what was probably meant. */
export function tellProblems(terminal: Terminal, folder: string, problems: readonly Problem[]): string {
  return problems.map((problem) => tellProblem(terminal, folder, problem)).join('\n');
}

function tellProblem({ paint }: Terminal, folder: string, problem: Problem): string {
  const { file, line, column, code, found, expected, suggestion } = problem;
  const place = paint('bold', `${join(folder, file)}:${line}:${column}`);
  const kind = isError(problem) ? paint('red', 'error') : paint('yellow', 'warning');
  const lines = [`${place}  ${kind}  ${paint('dim', code)}`, `  found     ${found}`, `  expected  ${expected}`];
  if (suggestion !== undefined) lines.push(`  ${paint('green', `did you mean ${suggestion}?`)}`);
  return `${lines.join('\n')}\n`;
}

/** `2 errors and 1 warning` */
export function countProblems(problems: readonly Problem[]): string {
  const errors = problems.filter(isError).length;
  const warnings = problems.length - errors;
  const parts = [];
  if (errors > 0) parts.push(countOf(errors, 'error'));
  if (warnings > 0) parts.push(countOf(warnings, 'warning'));
  return parts.length === 0 ? 'no problems' : parts.join(' and ');
}
