// SPDX-License-Identifier: EUPL-1.2
import { readdirSync } from 'node:fs';
import js from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const wall = (files, patterns) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns }] },
});
const from = (regex, message) => ({ regex, message });

const folders = (path) => {
  try {
    return readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return [];
  }
};

const aboutFeatures = [
  from('/app(/|$)', 'A feature knows nothing of the shell: it imports call, ui and api.'),
];

export default tseslint.config(
  { ignores: ['dist', 'src/api/schema.d.ts', 'src/call/wire.gen.d.ts', 'playwright-report', 'test-results'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    plugins: { 'react-hooks': hooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      'no-console': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      'max-lines': ['error', 600],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/storage.ts', 'src/ui/CopyButton.tsx', '**/*.test.*'],
    rules: {
      'no-restricted-globals': ['error', ...['localStorage', 'sessionStorage'].map((name) => ({ name, message: 'A browser may forbid it: storage.ts does not mind.' }))],
      'no-restricted-properties': ['error', { object: 'navigator', property: 'clipboard', message: 'A browser may refuse it: use CopyButton.' }],
    },
  },
  {
    // What travels is written once, in the server: its types come from there.
    files: ['src/call/**', 'src/features/**', 'src/meeting/**'],
    ignores: ['**/*.test.*'],
    rules: {
      'no-restricted-syntax': ['error', ...[
        'TSPropertySignature[key.name=/_/]',
        'TSPropertySignature[key.value=/_/]',
        ':not(TSTypeParameterInstantiation > TSTypeLiteral) > TSPropertySignature[key.name=/^(message|action|namespace)$/] TSLiteralType',
      ].map((selector) => ({ selector, message: 'A type of a frame is generated (npm run api): take it from call/wire.' }))],
    },
  },
  wall(['src/call/**'], [
    from('^react', 'call/ is free of React: its state is read through the store.'),
    from('/(features|ui|app|locales)(/|$)', 'call/ knows no screen.'),
  ]),
  wall(['src/ui/**'], [from('/(features|call|app|api)(/|$)', 'ui/ is look and focus only.')]),
  wall(['src/meeting/**'], aboutFeatures),
  wall(['src/features/**'], aboutFeatures),
  ...folders('src/features').map((name) =>
    wall([`src/features/${name}/**`], [
      ...aboutFeatures,
      from(`^\\.\\./(?!${name}/|\\.\\./)[^/]+/`, 'Features never import each other; what two need goes beside them.'),
      from('/meeting/(?!.*\\.module\\.css$)', 'The meeting assembles the features; none of them reaches into it.'),
    ]),
  ),
);
