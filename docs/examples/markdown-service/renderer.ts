// The pool that renders: Markdown to HTML, code highlighted, the matches of a regular expression marked. Its threads load
// this file; what it imports is loaded there.

import hljs from 'highlight.js/lib/common'
import { Marked } from 'marked'
import * as Pool from '@starfish/pool'

const marked = new Marked({
  renderer: {
    code({ text, lang }) {
      const language = hljs.getLanguage(lang ?? '') ? lang! : 'plaintext'
      return `<pre><code class="hljs language-${language}">${hljs.highlight(text, { language }).value}</code></pre>\n`
    },
  },
})

export interface Document {
  readonly markdown: string
  /** A regular expression of the user: it may take for ever, as `(a+)+$` does. */
  readonly mark?: string
}

function render({ markdown, mark }: Document): string {
  const html = marked.parse(markdown, { async: false })
  if (mark === undefined) return html
  const pattern = new RegExp(mark, 'g') // throws a SyntaxError that the caller gets
  return html.replace(/>([^<]+)</g, (_, text: string) => `>${text.replace(pattern, '<mark>$&</mark>')}<`)
}

export default Pool.define(import.meta.url, {
  name: 'Renderer',
  minThreads: 2,
  maxQueue: 32,
  timeout: 1000, // a document that takes longer is none that anybody wants to read
  maxDeaths: 20,
  tasks: { render },
})
