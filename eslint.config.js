import js from '@eslint/js'
import jsdoc from 'eslint-plugin-jsdoc'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'
import { ambientRules } from './tools/eslint/ambient.mjs'
import { tsdocPlugin } from './tools/eslint/tsdoc.mjs'

/** What each area may take from its surroundings; the areas that are not listed get nothing. */
const GRANTS = {
  encoding: ['json'],
  runtime: ['time', 'random'],
  keys: ['subtle'],
  spiffe: ['subtle'],
  'spiffe/grpc': ['network', 'node'],
  'spiffe/tls': ['network', 'node'],
  'spiffe/workload-api': ['environment', 'network', 'node'],
  zk: ['subtle'],
  'zk/prove': ['node', 'subtle'],
  handshake: ['subtle'],
  net: ['network'],
  'net/transport': ['network', 'node'],
  adapters: ['network', 'environment', 'node', 'console'],
  testing: ['network', 'node'],
  cli: ['network', 'environment', 'node', 'console'],
}

const publicDeclarations = {
  publicOnly: true,
  require: { ClassDeclaration: true, FunctionDeclaration: true, MethodDefinition: true },
  contexts: [
    'TSInterfaceDeclaration',
    'TSTypeAliasDeclaration',
    'ExportNamedDeclaration > VariableDeclaration',
  ],
  checkConstructors: false,
}

export default defineConfig(
  { ignores: ['dist/', 'coverage/', '.cache/', 'circuits/'] },
  {
    linterOptions: { noInlineConfig: true },
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
  },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    rules: {
      eqeqeq: 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: false, skipComments: false }],
      'no-new-func': 'error',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'anywhere' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingAny: true }], // AbortSignal.reason
      // A function that answers through a promise is `async` so that what it throws is a rejection too.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { jsdoc, tsdoc: tsdocPlugin },
    rules: {
      ...ambientRules([]),
      'jsdoc/check-param-names': ['error', { checkDestructured: false, disableMissingParamChecks: true }],
      'jsdoc/require-jsdoc': ['error', publicDeclarations],
      'tsdoc/syntax': 'error',
      '@typescript-eslint/ban-ts-comment': [
        'error',
        { 'ts-expect-error': true, minimumDescriptionLength: 10 },
      ],
    },
  },
  Object.entries(GRANTS).map(([area, grants]) => ({
    files: [`src/${area}/**/*.ts`],
    rules: ambientRules(grants),
  })),
  {
    // The subclasses' constructors narrow the code that each takes, which the rule does not see.
    files: ['src/errors/**'],
    rules: { '@typescript-eslint/no-useless-constructor': 'off' },
  },
  {
    files: ['test/**', 'bench/**', 'examples/**'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // Plain JavaScript: the compiler knows Node's globals and the casts in comments, and the linter does not.
    files: ['**/*.mjs', '*.config.js'],
    rules: {
      'no-undef': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  { files: ['eslint.config.js'], extends: [tseslint.configs.disableTypeChecked] },
)
