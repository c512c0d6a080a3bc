// The editor of YAML. It sits in a shadow root, so that its styles are adopted sheets and the page needs no
// exception from its content security policy. Loaded only where one is shown.
import { autocompletion, completionKeymap, type CompletionContext } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, hoverTooltip, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import type { ValueProblem } from '../../api/types';
import { aboutAt, commentsOf, suggestionsAt, type About, type Knowledge } from './complete';

const theme = EditorView.theme({
  '&': { font: '12.5px/20px var(--mono)', color: 'var(--text)', backgroundColor: 'var(--surface)', maxHeight: '68vh' },
  // The frame around it shows the focus: here the gutter would lie over it.
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { font: 'inherit', fontVariantLigatures: 'none', overflow: 'auto' },
  '.cm-content, .cm-gutter': { minHeight: 'var(--editor, 320px)' },
  '.cm-content': { caretColor: 'var(--text)', padding: '8px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--sunken)', color: 'var(--faint)', border: '0', borderRight: '1px solid var(--line)' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--sunken) 60%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'var(--line)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--accent-soft) !important' },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', color: 'var(--text)', border: '1px solid var(--line-strong)', borderRadius: 'var(--radius)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { font: '12.5px/20px var(--mono)', maxWidth: 'min(420px, 90vw)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '1px 10px', display: 'flex', gap: '12px', justifyContent: 'space-between' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent-soft)', color: 'var(--text)' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '650', color: 'var(--accent-strong)' },
  '.cm-completionDetail': { fontStyle: 'normal', color: 'var(--muted)', marginLeft: '0', overflow: 'hidden', textOverflow: 'ellipsis' },
  '.cm-tooltip.cm-completionInfo': { font: '13px/18px var(--sans)', padding: '8px 12px', maxWidth: '320px' },
  '.cm-about': { font: '13px/18px var(--sans)', padding: '8px 12px', maxWidth: 'min(360px, 80vw)', display: 'grid', gap: '4px' },
  '.cm-about code': { font: '12.5px/18px var(--mono)', overflowWrap: 'anywhere' },
  '.cm-about span': { color: 'var(--muted)', overflowWrap: 'anywhere' },
  // The marks that come with the linter are pictures in data addresses, which the page's policy refuses.
  '.cm-lint-marker-error': { content: 'normal', width: '8px', height: '8px', margin: '6px 2px', borderRadius: '50%', backgroundColor: 'var(--bad)' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--bad)', textUnderlineOffset: '3px' },
  '.cm-tooltip-lint': { maxWidth: 'min(440px, 85vw)' },
  '.cm-diagnostic': { font: '13px/18px var(--sans)', padding: '6px 10px', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--bad)' },
  '.cm-panels': { backgroundColor: 'var(--sunken)', color: 'var(--text)', borderColor: 'var(--line)' },
  '.cm-searchMatch': { backgroundColor: 'var(--warn-soft)' },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--good)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--warn)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--faint)' },
  { tag: [tags.keyword, tags.labelName, tags.typeName], color: 'var(--info)' },
  { tag: tags.invalid, color: 'var(--bad)' },
]);

/** Asks what can be written; keys come by themselves, values once a colon stands there. */
function completion(knowledge: Knowledge) {
  const known = commentsOf(knowledge.defaults);
  return ({ state, pos, explicit }: CompletionContext) => {
    const line = state.doc.lineAt(pos);
    const found = suggestionsAt(state.doc.toString(), line.number - 1, pos - line.from, knowledge, known);
    if (!found || found.options.length === 0 || (!explicit && line.text.slice(found.from, pos - line.from) === '' && !line.text.includes(':'))) return null;
    return { from: line.from + found.from, options: found.options.map(({ label, detail, info, apply }) => ({ label, apply, ...(detail && { detail }), ...(info && { info }) })), validFor: /^[\w.-]*$/ };
  };
}

/** The words about a key, as text: what a chart says is no HTML. */
function shown({ path, type, preset, words, info }: About): HTMLElement {
  const box = document.createElement('div');
  box.className = 'cm-about';
  const put = (tag: string, text: string) => {
    if (text) box.append(Object.assign(document.createElement(tag), { textContent: text }));
  };
  put('code', path);
  put('div', info);
  put('span', [type, words.length > 0 ? `one of ${words.join(', ')}` : '', preset ? `default ${preset}` : ''].filter(Boolean).join(' · '));
  return box;
}

/** Tells what is known of the key under the pointer. */
function hover(knowledge: Knowledge) {
  const known = commentsOf(knowledge.defaults);
  return hoverTooltip(({ state }, pos) => {
    const line = state.doc.lineAt(pos);
    const about = aboutAt(state.doc.toString(), line.number - 1, pos - line.from, knowledge, known);
    return about && { pos: line.from + about.from, end: line.from + about.to, above: true, create: () => ({ dom: shown(about) }) };
  });
}

/** Places the server's problems in a document; a line beyond its end counts as the last one. */
export function diagnosticsOf(state: EditorState, problems: ValueProblem[]): Diagnostic[] {
  return problems.map((problem) => {
    const line = state.doc.line(Math.min(Math.max(problem.line, 1), state.doc.lines));
    const from = Math.min(line.from + Math.max(problem.column - 1, 0), line.to);
    return { from, to: line.to, severity: 'error', message: problem.path ? `${problem.path}: ${problem.message}` : problem.message };
  });
}

export interface CodeEditorProps {
  label: string;
  text: string;
  readOnly?: boolean;
  problems?: ValueProblem[];
  onText?: (text: string) => void;
  /** Ctrl-S or Command-S. */
  onSave?: () => void;
  /** What is known of the document: it is offered while typing and by Ctrl-Space, and told of the key under the pointer. */
  knowledge?: Knowledge | undefined;
  /** Half as high, for panels. */
  low?: boolean;
}

/** A YAML editor. Tab indents; Esc and then Tab leaves it. */
export default function CodeEditor({ label, text, readOnly = false, problems = [], onText, onSave, knowledge, low = false }: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const calls = useRef({ onText, onSave });
  calls.current = { onText, onSave };
  const completing = useRef(new Compartment());
  /** What was typed and told, and did not come back as `text` yet: it comes late while someone types fast. */
  const told = useRef<string[]>([]);

  useEffect(() => {
    if (!host.current) return undefined;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' });
    const save = () => {
      calls.current.onSave?.();
      return true;
    };
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(), highlightSelectionMatches(), lintGutter(),
          indentUnit.of('  '), yaml(), syntaxHighlighting(colours), theme,
          keymap.of([{ key: 'Mod-s', run: save }, ...completionKeymap, ...searchKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
          completing.current.of([]),
          EditorState.readOnly.of(readOnly),
          EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', tabindex: '0' }),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return;
            told.current.push(update.state.doc.toString());
            calls.current.onText?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
    // The text is put in once; later changes from outside come by the effect below.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [label, readOnly]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const typed = told.current.lastIndexOf(text);
    if (typed >= 0) told.current.splice(0, typed + 1);
    if (typed >= 0 || editor.state.doc.toString() === text) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
    told.current = [];
  }, [text]);

  useEffect(() => {
    const editor = view.current;
    if (editor) editor.dispatch(setDiagnostics(editor.state, diagnosticsOf(editor.state, problems)));
  }, [problems]);

  useEffect(() => {
    const effects = completing.current.reconfigure(knowledge ? [hover(knowledge), ...(readOnly ? [] : [autocompletion({ override: [completion(knowledge)], icons: false })])] : []);
    view.current?.dispatch({ effects });
  }, [knowledge, label, readOnly]);

  return <div ref={host} className={low ? 'editor low' : 'editor'} />;
}
