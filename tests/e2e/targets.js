/* What a thumb would miss: all that can be pressed and is met on less than 44 x 44 pixels, its extension counted and what
   lies over it not. Links in running text are left out, and marks of a drawing, which are as wide as its scale. */
() => {
  const LEAST = 44;
  const STOP =
    "a[href], button, input, select, textarea, summary, [role=button], [role=tab], [role=option], [role^=menuitem], [role=radio], [role=checkbox], [role=switch], [role=slider], [role=combobox], [contenteditable=true]";
  const over = [...document.querySelectorAll("dialog[open], [aria-modal=true], [popover]:popover-open, [role=listbox]")].at(-1) ?? document.body;
  const runs = (node) =>
    node.matches("a, button") &&
    getComputedStyle(node).display.startsWith("inline") &&
    (node.closest("p") !== null || [...node.parentNode.childNodes].some((one) => one.nodeType === 3 && /\p{L}{2}/u.test(one.data)));
  const meets = (node, x, y) => {
    const hit = document.elementFromPoint(x, y);
    if (!hit) return false;
    const stop = hit.closest(STOP);
    if (stop && stop !== node && node.contains(stop)) return false;
    if (node.contains(hit)) return true;
    if ([...(node.labels ?? [])].some((one) => one.contains(hit)) && (!stop || stop === node)) return true;
    // A box around a text hands the press on to it.
    if (hit.closest(".ant-select, .ant-input-number")?.contains(node)) return true;
    return node.matches("input, textarea") && hit.contains(node) && getComputedStyle(hit).cursor === "text";
  };
  const found = {};
  for (const node of over.querySelectorAll(STOP)) {
    const style = getComputedStyle(node);
    if (node.disabled || node.closest("[inert], [aria-hidden=true]") || style.pointerEvents === "none" || runs(node)) continue;
    if (node.querySelector(":scope > svg[preserveAspectRatio=none]")) continue;
    if (!node.checkVisibility({ visibilityProperty: true })) continue;
    node.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    let box = node.getClientRects()[0];
    // What is hidden for the eye is met through its label.
    if ((!box || box.width < 2 || style.clipPath !== "none" || style.opacity === "0") && node.labels?.length) box = node.labels[0].getClientRects()[0];
    if (!box || box.width < 2 || box.height < 2 || node.closest(".sr")) continue;
    if (box.bottom <= 0 || box.right <= 0 || box.left >= innerWidth) continue;
    const x = (Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2;
    const y = (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2;
    const reach = (dx, dy) => {
      let n = 0;
      while (n < LEAST && meets(node, x + dx * (n + 1), y + dy * (n + 1))) n += 1;
      return n;
    };
    const there = meets(node, x, y);
    const wide = there ? reach(-1, 0) + reach(1, 0) + 1 : 0;
    const high = there ? reach(0, -1) + reach(0, 1) + 1 : 0;
    if (wide >= LEAST && high >= LEAST) continue;
    const name = (node.getAttribute("aria-label") || node.labels?.[0]?.innerText || node.innerText || node.title || node.name || "").trim().split("\n")[0].slice(0, 24);
    const by = there ? "" : ` under ${document.elementFromPoint(x, y)?.outerHTML.slice(0, 60)}`;
    const key = `${node.localName}.${[...node.classList].join(".")} in .${node.parentElement.className || node.parentElement.localName} ${wide}x${high}${by}`;
    (found[key] ??= []).push(name);
  }
  return Object.entries(found).map(([key, names]) => `${key} (${names.length}: ${names.slice(0, 3).join(", ")})`);
}
