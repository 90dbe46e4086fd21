import { defineConnector } from '../define.ts';
import { type Config, config, secret } from './config.ts';
import { manifest } from './manifest.ts';
import { missingColumns, openRowMapping, openRows } from './mapping.ts';

/** Files that somebody sends: there is no tool to ask. */
export const files = defineConnector<Config, Record<string, never>, undefined>({
  manifest,
  config,
  secret,
  connect: async () => undefined,
  check: async () => ({ account: 'no account: files are sent to us' }),
  streams: [],
  mappingsOf: ({ mapping }) => openRowMapping(mapping).mappings,
  imports: {
    stream: 'files',
    open: (settings) => {
      const { mapping } = settings as Config;
      return {
        written: mapping,
        map: openRows(mapping),
        missingIn: (file) => missingColumns(mapping, file),
      };
    },
  },
});
