import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Where `npm run console` looks for the API: the stage's own address. */
const STAGE = process.env.TRIBUTARY_STAGE ?? 'http://127.0.0.1:4000';

/**
 * The console as static files: one page, and scripts and styles that carry their hash in their name. Each page of the
 * console is a script of its own, loaded when somebody goes there.
 */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  logLevel: 'warn',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    target: 'es2022',
    outDir: '../dist/console',
    emptyOutDir: true,
    // The policy of the page allows images as data; everything else is a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': STAGE } },
});
