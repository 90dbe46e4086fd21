import { canonicalText } from '../../lib/domain/canonical.ts';
import { traitReader } from '../../lib/domain/decide.ts';
import type { Definitions } from '../../lib/domain/definitions.ts';
import { type Comparable, comparableOf } from '../../lib/domain/duplicate/comparable.ts';
import { weightsAmong } from '../../lib/domain/duplicate/estimate.ts';
import { suggestAmong } from '../../lib/domain/duplicate/suggest.ts';
import { valueAt } from '../../lib/domain/mapping.ts';
import { openOfflineResolver, type ResolvedPerson } from '../../lib/domain/resolve-offline.ts';
import { loadRegions } from '../../lib/pipeline/define/regions.ts';
import type { Problem } from '../../lib/workspace/problem.ts';
import { readChanges } from '../changes.ts';
import type { ExitStatus } from '../failure.ts';
import { defaultIdentityRules } from '../identity-rules.ts';
import { expectFolder, openLineWriter } from '../lines.ts';
import { type OutputFile, openOutput } from '../output-file.ts';
import { tellProblems } from '../problems.ts';
import { printJson, type Terminal } from '../terminal.ts';

interface Options {
  readonly workspace?: string;
  /** File for people who may be one, a line per pair. */
  readonly duplicates?: string;
}

/** `tributary resolve FILE.ndjson`: changes in, profiles out, a line per profile as RFC 8785 JSON, sorted by id. */
export async function runResolve(terminal: Terminal, file: string, options: Options): Promise<ExitStatus> {
  const duplicates = options.duplicates === undefined ? undefined : await openOutput(options.duplicates);
  const rules = await readRules(options);
  if ('problems' in rules) {
    if (terminal.json) printJson(terminal, { ok: false, problems: rules.problems });
    else terminal.err.write(`${tellProblems(terminal, options.workspace ?? '.', rules.problems)}\n`);
    return 1;
  }
  const resolver = openOfflineResolver(rules.identity, traitReader(rules, await loadRegions()));
  const status = await readChanges(terminal, file, (change) => resolver.add(change));
  const out = openLineWriter(terminal.out);
  const comparables: Comparable[] = [];
  for (const person of resolver.people()) {
    if (duplicates !== undefined) comparables.push(comparablePerson(person, rules.identity.duplicates?.numbers));
    const full = out.write(canonicalText(person));
    if (full !== undefined) await full;
  }
  await out.flush();
  if (duplicates !== undefined) await writeDuplicates(duplicates, comparables, rules.identity);
  return status;
}

function comparablePerson(
  { id, fragments, identifiers, traits }: ResolvedPerson,
  numbers: readonly string[] = [],
): Comparable {
  return comparableOf({ id, fragments, identifiers, trait: (path) => valueAt(traits, path), numbers });
}

/** Writes a line per pair, the likeliest first, as RFC 8785 JSON. Whoever asks wants them, also where a workspace does not. */
async function writeDuplicates(
  file: OutputFile,
  people: readonly Comparable[],
  { duplicates = { threshold: 0.85 } }: Definitions['identity'],
): Promise<void> {
  const { suggestions } = suggestAmong(people, duplicates.threshold, weightsAmong(people));
  const text = suggestions.map((suggestion) => `${canonicalText(suggestion)}\n`).join('');
  await file.write(text);
}

type Rules = Pick<Definitions, 'identity' | 'traits'> | { readonly problems: readonly Problem[] };

async function readRules({ workspace }: Options): Promise<Rules> {
  if (workspace === undefined) return { identity: defaultIdentityRules() };
  await expectFolder(workspace);
  const { loadWorkspace } = await import('../../lib/workspace/load.ts');
  const { definitions, problems } = await loadWorkspace(workspace);
  return definitions ?? { problems };
}
