/** The console's files by their path on the site, compressed with Brotli and written in base64. */
export type ConsoleFiles = Readonly<Record<string, string>>;

/** What the bundler puts in the place of this name (lib/infra/console-files.ts). */
declare const CONSOLE_FILES: ConsoleFiles;

/** A module of its own, so that the function reads it when somebody asks for the console and not before. */
export const consoleFiles = CONSOLE_FILES;
