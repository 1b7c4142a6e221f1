/** The editor of formatted text: paragraphs, bold, italic, lists, links. */
import { EditorContent, useEditor } from "@tiptap/react";
import StarterKit from "@tiptap/starter-kit";
import { Bold, Italic, Link2, List, ListOrdered, Quote, Strikethrough } from "lucide-react";
import { useEffect, useRef } from "react";
import { useT } from "../i18n";
import { nonce } from "../theme/nonce";
import { IconButton } from "../ui";
import styles from "./fields.module.css";
import { asText, type InputProps } from "./twin";

export default function RichEditor({ field, value, onChange, onCommit, autoFocus, disabled, id, label }: InputProps) {
  const t = useT();
  const last = useRef({ onChange, onCommit });
  last.current = { onChange, onCommit };
  const editor = useEditor({
    injectNonce: nonce,
    extensions: [StarterKit.configure({ heading: { levels: [2, 3] }, link: { openOnClick: false } })],
    content: asText(value),
    editable: !disabled,
    autofocus: autoFocus ? "end" : false,
    shouldRerenderOnTransaction: true,
    editorProps: {
      attributes: {
        role: "textbox",
        "aria-multiline": "true",
        // What cannot be edited still scrolls by keyboard.
        tabindex: "0",
        "data-field": field.name,
        ...(id ? { id } : {}),
        ...(label ? { "aria-label": label } : {}),
      },
      handleKeyDown: (view, event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !last.current.onCommit) return false;
        last.current.onCommit(view.state.doc.textContent ? view.dom.innerHTML : null);
        return true;
      },
    },
    onUpdate: ({ editor: now }) => last.current.onChange(now.isEmpty ? null : now.getHTML()),
  });

  // A value that came from elsewhere (a restored draft, a reload) replaces the text; one that was typed here is already in it.
  useEffect(() => {
    if (editor.isDestroyed || !editor.schema || editor.isFocused) return;
    const text = asText(value);
    if (text === editor.getHTML() || (editor.isEmpty && text === "")) return;
    editor.commands.setContent(text, { emitUpdate: false });
  }, [editor, value]);

  const link = () => {
    const now = (editor.getAttributes("link").href as string | undefined) ?? "https://";
    const href = window.prompt(t("fields.rich.link"), now);
    if (href === null) return;
    if (href === "" || href === "https://") editor.chain().focus().unsetLink().run();
    else editor.chain().focus().setLink({ href }).run();
  };
  const run = () => editor.chain().focus();
  return (
    <div className={styles.editor}>
      <div className={styles.editorBar} role="toolbar" aria-label={t("fields.rich.bar")}>
        <IconButton
          small
          icon={<Bold />}
          label={t("fields.rich.bold")}
          pressed={editor.isActive("bold")}
          onClick={() => run().toggleBold().run()}
        />
        <IconButton
          small
          icon={<Italic />}
          label={t("fields.rich.italic")}
          pressed={editor.isActive("italic")}
          onClick={() => run().toggleItalic().run()}
        />
        <IconButton
          small
          icon={<Strikethrough />}
          label={t("fields.rich.strike")}
          pressed={editor.isActive("strike")}
          onClick={() => run().toggleStrike().run()}
        />
        <IconButton
          small
          icon={<List />}
          label={t("fields.rich.list")}
          pressed={editor.isActive("bulletList")}
          onClick={() => run().toggleBulletList().run()}
        />
        <IconButton
          small
          icon={<ListOrdered />}
          label={t("fields.rich.numbers")}
          pressed={editor.isActive("orderedList")}
          onClick={() => run().toggleOrderedList().run()}
        />
        <IconButton
          small
          icon={<Quote />}
          label={t("fields.rich.quote")}
          pressed={editor.isActive("blockquote")}
          onClick={() => run().toggleBlockquote().run()}
        />
        <IconButton
          small
          icon={<Link2 />}
          label={t("fields.rich.link")}
          pressed={editor.isActive("link")}
          onClick={link}
        />
      </div>
      <EditorContent editor={editor} className={styles.editorBody} />
    </div>
  );
}
