/* The libraries of the studio's editor, as one file: Markdown in colour around the form's own textarea, and the buttons above it. */
import "@github/markdown-toolbar-element";
import "prism-code-editor/prism/languages/markdown";
import { mountEditorsUnder } from "prism-code-editor/client";

window.mountEditorsUnder = mountEditorsUnder;
