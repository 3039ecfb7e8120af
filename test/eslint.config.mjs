// How the modules of the console's page and the scripts of its tests are written. Run by make lint.
import js from '@eslint/js'
import globals from 'globals'

const markup = 'an item may have markup: make elements with html`…`, whose texts are text nodes'
const noMarkup = ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'setHTMLUnsafe', 'createContextualFragment', 'dangerouslySetInnerHTML', 'srcdoc']

export default [
  { ignores: ['**/vendor/**', '**/node_modules/**'] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-script-url': 'error',
      'no-shadow': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['internal/console/page/js/**/*.js'],
    languageOptions: { globals: globals.browser },
    rules: {
      'no-restricted-properties': ['error', ...noMarkup.map((property) => ({ property, message: markup })), { object: 'document', property: 'write', message: markup }],
      'no-restricted-syntax': ['error',
        { selector: `Property[key.name=/^(${noMarkup.join('|')})$/]`, message: markup },
        { selector: `TemplateElement[value.raw=/\\b(${noMarkup.join('|')})\\b/]`, message: markup },
        { selector: 'TemplateElement[value.raw=/\\son[a-z]+\\s*=\\s*["\']/]', message: 'a handler is a function, never a text: the policy of the page refuses it' },
      ],
    },
  },
  { files: ['test/browser/*.mjs'], languageOptions: { globals: { ...globals.node, ...globals.browser } } },
]
