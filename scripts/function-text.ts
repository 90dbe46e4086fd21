import { archiveFolders } from '../lib/infra/archive.ts';
import { type FunctionName, type FunctionSpec, functionNames, type SecretUse, specOf } from '../lib/infra/functions.ts';
import { routes } from '../lib/infra/routes.ts';
import { code, type Row, table } from './markdown-table.ts';

const secretWords: Readonly<Record<SecretUse, string>> = {
  'identity-key': 'the identity key',
  'webhook-connections': 'secrets of connections with a webhook',
  'stream-connections': 'secrets of connections that are read',
  'audience-connections': 'secrets of connections with an audience',
  'erasing-connections': 'secrets of connections that delete whom we erase',
};

/** What drives each function, and everything that it may touch. */
export function functionTable(): string {
  const rows = functionNames.map((name): Row => [code(name), drivenBy(name), rightsOf(specOf(name)).join('; ')]);
  return table(['function', 'driven by', 'may'], rows);
}

function drivenBy(name: FunctionName): string {
  const own = routes.filter(({ to }) => to === name);
  const paths = (authorizer: 'iam' | 'none'): string =>
    listed(
      own
        .filter((route) => route.authorizer === authorizer)
        .map(({ methods, path }) =>
          path === '$default' ? 'whatever no other route takes' : code(`${methods.join('/')} ${path}`),
        ),
    );
  const [signed, open] = [paths('iam'), paths('none')];
  const queues = specOf(name).sources.map(({ queue }) => code(queue));
  return [
    ...(queues.length === 0 ? [] : [`${queues.length === 1 ? 'queue' : 'queues'} ${listed(queues)}`]),
    ...(signed === '' ? [] : [`HTTP with IAM: ${signed}`]),
    ...(open === '' ? [] : [`HTTP, open: ${open}`]),
  ].join('; ');
}

function rightsOf({
  tables,
  indexes,
  archive,
  searches = [],
  redrives = [],
  sends,
  secrets,
  notifies,
  knowsDeployed,
}: FunctionSpec): string[] {
  const folders = (list: readonly (keyof typeof archiveFolders)[] = []): string =>
    listed(list.map((folder) => code(archiveFolders[folder].prefix)));
  const [reads, writes, erases] = [folders(archive.read), folders(archive.write), folders(archive.erase)];
  const asked = Object.entries(indexes).flatMap(([name, list]) =>
    list.map((index) => `${code(index)} of ${code(name)}`),
  );
  return [
    ...(Object.keys(tables).length === 0 ? ['no table at all'] : tableRights(tables)),
    ...(asked.length === 0 ? [] : [`query the index ${listed(asked)}`]),
    ...(reads === '' ? [] : [`read ${reads} in the archive`]),
    ...(writes === '' ? [] : [`write ${writes} there`]),
    ...(erases === '' ? [] : [`list the archive and delete in ${erases}`]),
    ...(searches.length === 0 ? [] : [`look through, cut and put back dead letters of ${listed(searches.map(code))}`]),
    ...(redrives.length === 0 ? [] : [`move back dead letters of ${listed(redrives.map(code))}`]),
    ...(sends.length === 0 ? [] : [`send to ${listed(sends.map(code))}`]),
    ...(secrets.length === 0 ? [] : [`read ${listed(secrets.map((use) => secretWords[use]))}`]),
    ...(notifies ? ['tell the topic'] : []),
    ...(knowsDeployed === true ? ['know what is deployed'] : []),
  ];
}

/** Tables with the same rights are named together. */
function tableRights(tables: FunctionSpec['tables']): string[] {
  const together = new Map<string, string[]>();
  for (const [name, rights] of Object.entries(tables)) {
    const what = listed(rights);
    together.set(what, [...(together.get(what) ?? []), code(name)]);
  }
  return [...together].map(([rights, names]) => `${rights} ${listed(names)}`);
}

function listed(words: readonly string[]): string {
  const [last, ...others] = [...words].reverse();
  return others.length === 0 ? (last ?? '') : `${others.reverse().join(', ')} and ${last}`;
}
