/**
 * The rooms of the house and who may know whom (docs/architecture.md). Each comment says what to do instead.
 * test/architecture/boundaries.test.ts proves that every rule fires.
 */

const AWS_SDK = 'node_modules/(@aws-sdk|@smithy)/';
/** Finds the credentials of whoever sits at this machine. It asks AWS for nothing else. */
const AWS_CREDENTIALS = 'node_modules/@aws-sdk/credential-provider-node/';
const CDK = 'node_modules/(aws-cdk-lib|constructs|cdk-nag)/';
const VENDOR_SDK = 'node_modules/(@hubspot|@jsforce|jsforce|@mailchimp)/';
/** Node's modules that reach disk, network, processes or threads. */
const EFFECTS =
  '^(node:)?(fs|fs/promises|net|tls|dgram|dns|dns/promises|http|http2|https|child_process|cluster|worker_threads|os|process|inspector|repl|vm)$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'files that need each other are one idea: join them, or move what both need into a third file',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'nothing is found here: correct the path (with its .ts extension) or install the package',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment:
        'lib/domain decides and knows nobody: take the value as an argument, return a decision, and let lib/pipeline carry it out. Beside itself it may import node:crypto, bowser, canonicalize, libphonenumber-js, re2js, iso-3166, @skyra/jaro-winkler and ml-kmeans',
      from: { path: '^lib/domain/' },
      to: {
        pathNot: [
          '^lib/domain/',
          '^(node:)?crypto$',
          'node_modules/(bowser|canonicalize|libphonenumber-js|re2js|iso-3166|@skyra/jaro-winkler|ml-kmeans)/',
        ],
      },
    },
    {
      name: 'training-is-loaded-late',
      severity: 'error',
      comment:
        "training is for the job that trains: `await import('…/learned/train/train.ts')` there; whoever scores needs lib/domain/learned alone",
      from: { path: '^(lib|functions|cli|console)/', pathNot: '^lib/domain/learned/train/' },
      to: { path: '^lib/domain/learned/train/', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'contract-knows-domain-only',
      severity: 'error',
      comment:
        'contract.ts, contract-deliveries.ts, contract-erasure.ts, row-file.ts, define.ts and define-field.ts are the promise to every vendor, requests.ts what they share: describe it in words of lib/domain',
      from: {
        path: '^lib/connectors/(contract|contract-deliveries|contract-erasure|row-file|define|define-field|requests)\\.ts$',
      },
      to: {
        pathNot: [
          '^lib/domain/',
          '^lib/connectors/(contract|contract-deliveries|contract-erasure|define|row-file)\\.ts$',
        ],
      },
    },
    {
      name: 'registry-lists-connectors-only',
      severity: 'error',
      comment: 'registry.ts imports each vendor’s index.ts and nothing else of it',
      from: { path: '^lib/connectors/registry\\.ts$' },
      to: { pathNot: ['^lib/connectors/[^/]+/index\\.ts$', '^lib/connectors/define\\.ts$'] },
    },
    {
      name: 'connectors-are-loaded-late',
      severity: 'error',
      comment: 'a function loads the connectors that its workspace uses: registry.ts imports them with import()',
      from: { path: '^lib/connectors/registry\\.ts$' },
      to: { path: '^lib/connectors/[^/]+/index\\.ts$', dynamic: false },
    },
    {
      name: 'vendors-know-the-contract-only',
      severity: 'error',
      comment:
        'a vendor folder knows the contract, what defines its parts, what several vendors share by name, lib/domain and itself: effects come in through ConnectorIo',
      from: { path: '^lib/connectors/([^/]+)/' },
      to: {
        path: ['^(lib|functions|cli|console|test|bench|scripts)/'],
        pathNot: [
          '^lib/domain/',
          '^lib/connectors/(contract|contract-deliveries|contract-erasure|row-file|define|define-field|define-figures|delivered-json|epoch|google-sign-in|requests|response-mapping|written-mapping|map-written)\\.ts$',
          '^lib/connectors/$1/',
        ],
      },
    },
    {
      name: 'connectors-have-no-effects-of-their-own',
      severity: 'error',
      comment: 'take fetch, the clock and the log from ConnectorIo; settings and secrets come as arguments',
      from: { path: '^lib/connectors/', pathNot: '^lib/connectors/[^/]+/client\\.ts$' },
      to: { path: EFFECTS, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'vendor-sdk-in-client-only',
      severity: 'error',
      comment: 'a vendor’s SDK is known to its client.ts alone: expose the call you need there, typed by us',
      from: { path: '^(lib|functions|cli|console)/', pathNot: '^lib/connectors/[^/]+/client\\.ts$' },
      to: { path: VENDOR_SDK },
    },
    {
      name: 'client-is-loaded-late',
      severity: 'error',
      comment:
        "an SDK costs a function that never calls the vendor 100 ms and more: `await import('./client.ts')` inside connect, `import type` elsewhere",
      from: { path: '^lib/connectors/[^/]+/', pathNot: '^lib/connectors/[^/]+/client\\.ts$' },
      to: { path: '^lib/connectors/[^/]+/client\\.ts$', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pipeline-knows-ports-only',
      severity: 'error',
      comment:
        'a verb names what it needs as a port of its own (lib/pipeline/ports.ts); functions/ hand it the adapter',
      from: { path: '^lib/pipeline/' },
      to: {
        path: '^(lib|functions|cli|console|test|bench|scripts)/',
        pathNot: [
          '^lib/(domain|pipeline)/',
          '^lib/connectors/(contract|contract-deliveries|contract-erasure|define|row-file)\\.ts$',
        ],
      },
    },
    {
      name: 'pipeline-has-no-effects-of-its-own',
      severity: 'error',
      comment:
        'reading files, sockets or processes is an adapter’s work: write a port and implement it in lib/adapters',
      from: { path: '^lib/pipeline/' },
      to: { path: EFFECTS },
    },
    {
      name: 'answers-are-loaded-late',
      severity: 'error',
      comment:
        'a start of the API reads no shape of an answer: routes call them by name, openapi.ts imports them and is imported with import()',
      from: { path: '^lib/api/', pathNot: ['^lib/api/openapi\\.ts$', '^lib/api/answers/'] },
      to: { path: '^lib/api/(openapi\\.ts$|answers/)', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'api-asks-the-pipeline',
      severity: 'error',
      comment:
        'a route of lib/api parses, asks lib/pipeline, answers: what it needs from outside is a dependency that functions/ hand it',
      from: { path: '^lib/api/' },
      to: {
        path: '^(lib|functions|cli|console|test|bench|scripts)/',
        pathNot: [
          '^lib/(api|domain|pipeline)/',
          '^lib/connectors/(contract|contract-deliveries|contract-erasure|define|row-file)\\.ts$',
        ],
      },
    },
    {
      name: 'adapters-implement-ports-only',
      severity: 'error',
      comment: 'an adapter knows the ports and lib/domain; what it must call comes in as an argument from functions/',
      from: { path: '^lib/adapters/' },
      to: {
        path: '^(lib|functions|cli|console|test|bench|scripts)/',
        pathNot: [
          '^lib/(domain|adapters)/',
          '^lib/connectors/(contract|contract-deliveries|contract-erasure|define|row-file)\\.ts$',
          '^lib/pipeline/ports(\\.ts$|/)',
        ],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'aws-sdk-in-adapters-only',
      severity: 'error',
      comment: 'talk to AWS through an adapter: add a port to lib/pipeline and implement it in lib/adapters',
      from: { pathNot: '^(lib/(adapters|local)|test|bench)/' },
      to: { path: AWS_SDK, pathNot: AWS_CREDENTIALS },
    },
    {
      name: 'credentials-in-one-place',
      severity: 'error',
      comment:
        'only the command line signs for a person, in cli/deployment.ts: functions have the credentials of their role',
      from: { pathNot: '^cli/deployment\\.ts$' },
      to: { path: AWS_CREDENTIALS },
    },
    {
      name: 'credentials-are-loaded-late',
      severity: 'error',
      comment: 'a command on a stage signs nothing and waits for nothing: cli/deployment.ts takes them with import()',
      from: { path: '^cli/deployment\\.ts$' },
      to: { path: AWS_CREDENTIALS, dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'cdk-in-infra-only',
      severity: 'error',
      comment: 'infrastructure is described in lib/infra; others read the synthesised template',
      from: { pathNot: '^(lib/infra|test/infra|test/local)/' },
      to: { path: CDK },
    },
    {
      name: 'infra-names-functions-by-path',
      severity: 'error',
      comment:
        'lib/infra consumes the product: it knows lib/domain, lib/workspace and connectors/*/manifest.ts, and bundles functions/ by their path',
      from: { path: '^lib/infra/' },
      to: {
        path: ['^(lib|functions|cli|console|test|bench)/', AWS_SDK],
        pathNot: ['^lib/(domain|infra|workspace)/', '^lib/connectors/[^/]+/manifest\\.ts$'],
      },
    },
    {
      name: 'workspace-reads-files-only',
      severity: 'error',
      comment:
        'lib/workspace turns YAML into definitions: it knows lib/domain and the connectors’ registry, yaml and zod',
      from: { path: '^lib/workspace/' },
      to: {
        path: ['^(lib|functions|cli|console|test|bench)/', AWS_SDK, CDK, VENDOR_SDK],
        pathNot: [
          '^lib/(domain|workspace)/',
          '^lib/connectors/(registry|contract|define|row-file|[^/]+/manifest)\\.ts$',
        ],
      },
    },
    {
      name: 'functions-hold-no-logic',
      severity: 'error',
      comment:
        'a function file parses, calls, translates: put the decision into lib/pipeline and hand it its adapters. The reader of segment files is handed to the API, and loads the parser of YAML when somebody edits',
      from: { path: '^functions/' },
      to: {
        path: '^(lib/(domain|infra|local|workspace)|cli|test|bench|scripts)/',
        pathNot: '^lib/workspace/segment-texts\\.ts$',
      },
    },
    {
      name: 'stage-is-nobodys-dependency',
      severity: 'error',
      comment: 'code never asks whether it is local: only cli/, tests and benches start a stage',
      from: { pathNot: '^(lib/local|cli|test|bench|scripts)/' },
      to: { path: '^lib/local/' },
    },
    {
      name: 'infra-is-nobodys-dependency',
      severity: 'error',
      comment: 'read the synthesised template through lib/local; only the stage, tests and benches call synthesise()',
      from: { pathNot: '^(lib/(infra|local)|test|bench|scripts)/' },
      to: { path: '^lib/infra/' },
    },
    {
      name: 'faces-use-the-api',
      severity: 'error',
      comment: 'cli/ and console/ talk to /api: add a route there instead of reaching into stores and queues',
      from: { path: '^(cli|console)/' },
      to: { path: ['^lib/adapters/', '^functions/'] },
    },
    {
      name: 'nobody-depends-on-faces',
      severity: 'error',
      comment: 'move what you need from cli/ or console/ into the room it belongs to, under lib/',
      from: { path: '^(lib|functions)/' },
      to: { path: '^(cli|console/)' },
    },
    {
      name: 'product-without-tests',
      severity: 'error',
      comment: 'only the simulators of test/vendors ship, and only lib/local and cli/ may start them',
      from: { path: '^(lib|functions|cli|console)/' },
      to: { path: '^(test|bench|scripts)/', pathNot: '^test/vendors/' },
    },
    {
      name: 'simulators-on-the-stage-only',
      severity: 'error',
      comment: 'a simulated vendor is reached over HTTP, by its endpoint: only lib/local and cli/ start one',
      from: { path: '^(lib|functions|console)/', pathNot: '^lib/local/' },
      to: { path: '^test/vendors/' },
    },
    {
      name: 'simulators-share-nothing-with-connectors',
      severity: 'error',
      comment:
        'a simulator that shares code with its connector shares its mistakes: write down what the vendor documents',
      from: { path: '^test/vendors/', pathNot: '(^|/)(scenario|open)\\.ts$|\\.test\\.ts$' },
      to: { path: '^(lib|functions|cli|console)/', pathNot: '^lib/domain/(json|instant)\\.ts$' },
    },
    {
      name: 'no-dev-packages-in-the-product',
      severity: 'error',
      comment: 'lib, functions, cli and the simulators ship: move the package to `dependencies`, or the code to a test',
      from: {
        path: '^(lib|functions|cli|console|test/vendors)/',
        pathNot: ['(^|/)(scenario|open)\\.ts$|\\.test\\.ts$', '^lib/infra/'],
      },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|cdk\\.out|\\.tributary)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.json', '.d.ts'],
    },
  },
};
