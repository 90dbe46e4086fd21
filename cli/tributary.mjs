#!/usr/bin/env node
// The `tributary` command. The bundle is made at installation; a tree that was only checked out makes it now.
import { existsSync } from 'node:fs';

const bundle = new URL('../dist/cli.mjs', import.meta.url);
const build = new URL('../scripts/build.mjs', import.meta.url);
if (!existsSync(bundle)) await import(build.href);
await import(bundle.href);
