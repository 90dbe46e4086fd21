import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bundle, bundleFunctions } from '../lib/infra/bundle.ts';
import { type FunctionName, functionNames, functions } from '../lib/infra/functions.ts';
import { projectRoot } from '../lib/infra/project-root.ts';

/** Functions that speak to vendors: they read secrets of connections. */
export const vendorFunctions: readonly FunctionName[] = functionNames.filter((name) =>
  functions[name].secrets.some((use) => use !== 'identity-key'),
);

/** Official clients, as their documentation imports them, and what is taken of them. */
export const SDKS = {
  salesforce: `import jsforce from 'jsforce'; used.push(jsforce.Connection);`,
  mailchimp: `import mailchimp from '@mailchimp/mailchimp_marketing'; used.push(mailchimp.lists);`,
  hubspot: `import { Client } from '@hubspot/api-client'; used.push(Client);`,
} as const;
export type Vendor = keyof typeof SDKS;

/** What is used of each of AWS's clients: its constructor, and commands as a function sends them. */
const AWS: Readonly<Record<string, readonly string[]>> = {
  dynamodb: ['DynamoDBClient', 'BatchGetItemCommand', 'GetItemCommand', 'PutItemCommand', 'QueryCommand'],
  s3: ['S3Client', 'GetObjectCommand', 'PutObjectCommand'],
  sqs: ['SQSClient', 'SendMessageBatchCommand'],
  sns: ['SNSClient', 'PublishCommand'],
};

/**
 * Bundles, for each function that speaks to vendors, the SDKs that it uses and nothing else, as its own bundle is made; with a
 * vendor's client and without. Tells where the file is that loads them.
 */
export async function bundleSdks(
  bundles: Readonly<Record<FunctionName, Bundle>>,
  folder: string,
): Promise<(name: FunctionName, vendor: Vendor | undefined) => string> {
  const made = new Map<Vendor | undefined, Readonly<Record<FunctionName, Bundle>>>();
  for (const vendor of [undefined, ...(Object.keys(SDKS) as Vendor[])]) {
    // Packages are found from inside the project only.
    const entries = join(projectRoot(), 'dist', 'sdks-alone', vendor ?? 'aws');
    await mkdir(entries, { recursive: true });
    for (const name of functionNames) {
      const clients = Object.keys(AWS).filter((client) => uses(bundles[name], client));
      await writeFile(join(entries, `${name}.ts`), entryOf(clients, vendor));
    }
    made.set(vendor, await bundleFunctions({ entries, outdir: join(folder, vendor ?? 'aws') }));
  }
  return (name, vendor) => join(made.get(vendor)?.[name].dir ?? '', 'index.mjs');
}

function uses({ metafile }: Bundle, client: string): boolean {
  return Object.keys(metafile.inputs).some((path) => path.includes(`@aws-sdk/client-${client}/`));
}

function entryOf(clients: readonly string[], vendor: Vendor | undefined): string {
  const imports = clients.map((client) => {
    const names = AWS[client] ?? [];
    const [opened = ''] = names;
    return `import { ${names.join(', ')} } from '@aws-sdk/client-${client}'; used.push(new ${opened}({}), ${names.join(', ')});`;
  });
  const parts = [...imports, ...(vendor === undefined ? [] : [SDKS[vendor]])];
  // Bindings of imports are hoisted, so the list may stand above them.
  return `export const used: unknown[] = [];\nexport const handler = async () => used;\n${parts.join('\n')}\n`;
}
