/* The libraries of the studio's editor, as one file: Markdown in colour around the form's own textarea, and the buttons above it. */
import "@github/markdown-toolbar-element";
import "prism-code-editor/prism/languages/markdown";
import { mountEditorsUnder } from "prism-code-editor/client";
import { languages, tokenizeText } from "prism-code-editor/prism";

window.mountEditorsUnder = mountEditorsUnder;
window.readMarkdown = (text) => tokenizeText(text, languages.markdown);
