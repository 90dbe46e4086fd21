/** The console's files by their path on the site, compressed with Brotli and written in base64. */
export type ConsoleFiles = Readonly<Record<string, string>>;

/** Their JSON, which the bundler puts in the place of this name (lib/infra/console-files.ts). */
declare const CONSOLE_FILES: string;

/** A module of its own, so that the function reads it when somebody asks for the console and not before. */
export const consoleFiles = JSON.parse(CONSOLE_FILES) as ConsoleFiles;
