import { execFile } from 'node:child_process';
import { TributaryError } from '../../domain/errors.ts';

/** The oldest Java that the stage accepts. */
const oldestJava = 17;

/**
 * Makes sure that `command` is a Java of at least version 17 and returns its major version.
 * Throws `stage/java-missing` (one line, saying what to install where) when it is absent or older.
 */
export async function requireJava(command = 'java'): Promise<number> {
  const banner = await versionBanner(command);
  if (banner === undefined) throw javaMissing('found no java command');
  const major = majorVersion(banner);
  if (major === undefined) throw javaMissing('the java command tells no version');
  if (major < oldestJava) throw javaMissing(`found Java ${major}`);
  return major;
}

/** The major version in what `java -version` prints (`1.8.0_402` is 8), or undefined. */
export function majorVersion(banner: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(banner);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

function versionBanner(command: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    // `java -version` prints to stderr; macOS ships a stub that prints an error and exits 1.
    execFile(command, ['-version'], (error, stdout, stderr) => resolve(error === null ? stderr + stdout : undefined));
  });
}

function javaMissing(found: string): TributaryError {
  return new TributaryError(
    'config',
    'stage/java-missing',
    `the stage needs Java ${oldestJava} or newer for DynamoDB Local (${found}): on Debian or Ubuntu run \`sudo apt-get install openjdk-17-jre-headless\`, on macOS \`brew install openjdk@17\`, on Windows \`winget install Microsoft.OpenJDK.17\`, then open a new terminal`,
  );
}
