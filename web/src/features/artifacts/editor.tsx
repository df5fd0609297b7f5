/** The code editor, with the same colours as other code. */
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { HighlightStyle, LanguageDescription, bracketMatching, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { languages } from "@codemirror/language-data";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useEffectEvent, useRef } from "react";

import "@/components/markdown/code.css";
import "./editor.css";

const NAMES: Readonly<Record<string, string>> = { react: "jsx", svg: "xml", py: "python", bash: "shell", sh: "shell" };

const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: "var(--code-token-keyword)" },
  { tag: [tags.string, tags.special(tags.string), tags.attributeValue], color: "var(--code-token-string)" },
  { tag: [tags.comment, tags.meta], color: "var(--code-token-comment)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--code-token-constant)" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName), tags.definition(tags.variableName)], color: "var(--code-token-function)" },
  { tag: [tags.tagName, tags.typeName, tags.className], color: "var(--code-token-keyword)" },
  { tag: tags.attributeName, color: "var(--code-token-function)" },
  { tag: tags.heading, fontWeight: "600" },
  { tag: [tags.link, tags.url], color: "var(--code-token-link)" },
]);

interface EditorProps {
  /** The initial text; `onType` receives changes. */
  text: string;
  language: string;
  label: string;
  describedBy: string;
  onType: (text: string) => void;
  onSave: () => void;
}

export default function Editor({ text, language, label, describedBy, onType, onSave }: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const typed = useEffectEvent(onType);
  const save = useEffectEvent(() => {
    onSave();
    return true;
  });
  const first = useEffectEvent(() => text);
  useEffect(() => {
    const { current: parent } = place;
    if (!parent) return;
    const grammar = new Compartment();
    const view = new EditorView({
      parent,
      state: EditorState.create({
        doc: first(),
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          syntaxHighlighting(COLOURS),
          EditorView.lineWrapping,
          grammar.of([]),
          EditorView.contentAttributes.of({ "aria-label": label, "aria-describedby": describedBy }),
          keymap.of([{ key: "Mod-s", preventDefault: true, run: () => save() }, indentWithTab, ...defaultKeymap, ...historyKeymap, ...searchKeymap]),
          EditorView.updateListener.of((update) => update.docChanged && typed(update.state.doc.toString())),
        ],
      }),
    });
    view.focus();
    const description = LanguageDescription.matchLanguageName(languages, NAMES[language] ?? language, true);
    void description?.load().then((support) => view.dispatch({ effects: grammar.reconfigure(support) })).catch(() => undefined);
    return () => view.destroy();
  }, [language, label, describedBy]);
  return <div ref={place} dir="ltr" className="editor min-h-0 flex-1 overflow-auto" />;
}
