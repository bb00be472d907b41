// A table one types into as in a spreadsheet: form[data-sheet] with rows [data-sheet-row] of inputs [data-cell], each
// named by its column; what a row needs stands in "needs" as numbers of rows. What is typed is sent by htmx; an answer to
// what is not there any more is dropped, the next one is on its way.
const form = document.querySelector("form[data-sheet]");
const rows = () => [...form.querySelectorAll("[data-sheet-row]")];
const cells = row => [...row.querySelectorAll("[data-cell]")];
const inputs = row => [...row.querySelectorAll("input")];
let edits = 0, asked = 0;

const changed = () => form.dispatchEvent(new Event("input", { bubbles: true }));
function append() {
  const last = rows().at(-1), from = last.id, to = `r${rows().length + 1}`, copy = last.cloneNode(true);
  copy.className = "";
  copy.querySelector("th").textContent = rows().length + 1;
  for (const el of [copy, ...copy.querySelectorAll("[id]")]) el.id = el.id.replace(from, to);
  for (const input of inputs(copy)) {
    input.value = "";
    input.removeAttribute("placeholder");
    input.setAttribute("aria-label", input.getAttribute("aria-label")?.replace(from.slice(1), to.slice(1)) ?? "");
    input.removeAttribute("aria-invalid");
  }
  copy.querySelector(".sheet__i")?.replaceChildren();
  last.parentNode.append(copy);
  return copy;
}
const at = n => { while (rows().length <= n) append(); return shown(rows()[n]); };
function shown(row) { // a phone leaves spare rows out until one comes to them
  row?.classList.remove("is-spare");
  return row;
}
function move(row, by) { // the values change places, and every number that names one of the two rows follows
  const all = rows(), here = all.indexOf(row), other = all[here + by];
  if (!other) return;
  shown(other);
  const theirs = inputs(other).map(input => input.value);
  inputs(row).forEach((input, n) => { inputs(other)[n].value = input.value; input.value = theirs[n]; });
  const now = { [here + 1]: here + by + 1, [here + by + 1]: here + 1 };
  for (const needs of form.querySelectorAll("[name=needs]")) {
    needs.value = needs.value.replace(/(^|[\s,;])(\d+)/g, (_, before, n) => before + (now[n] ?? n));
  }
  return other;
}
function paste(cell, text) {
  const row = cell.closest("[data-sheet-row]"), from = rows().indexOf(row), column = cells(row).indexOf(cell);
  text.replace(/\r?\n$/, "").split(/\r?\n/).forEach((line, n) => {
    const targets = cells(at(from + n)).slice(column);
    line.split("\t").slice(0, targets.length).forEach((value, m) => { targets[m].value = value.trim(); });
  });
}

form.addEventListener("input", () => { edits += 1; });
form.addEventListener("focusin", e => { // there is always a row to go on in
  const row = e.target.matches("[data-cell]") && e.target.closest("[data-sheet-row]");
  if (!row) return;
  if (row === rows().at(-1)) { append(); changed(); } else shown(rows()[rows().indexOf(row) + 1]);
});
form.addEventListener("paste", e => {
  const text = e.clipboardData.getData("text");
  if (!e.target.matches("[data-cell]") || !/[\t\n]/.test(text.trimEnd())) return;
  e.preventDefault();
  paste(e.target, text);
  changed();
});
form.addEventListener("keydown", e => {
  const cell = e.target.closest("[data-cell]"), ctrl = e.ctrlKey || e.metaKey;
  if (e.key === "Enter" && ctrl) { e.preventDefault(); document.querySelector("[data-check]").click(); return; }
  if (!cell || e.isComposing) return;
  const row = cell.closest("[data-sheet-row]"), all = rows(), here = all.indexOf(row), column = cells(row).indexOf(cell);
  const up = e.key === "ArrowUp", down = e.key === "ArrowDown";
  let to;
  if (e.key === "Enter" && !e.altKey) to = cells(at(here + 1))[0];
  else if (ctrl && e.key.toLowerCase() === "d") {
    if (here) cell.value = cells(all[here - 1])[column].value;
    to = cell;
    changed();
  } else if (e.altKey && (up || down)) {
    const moved = move(row, up ? -1 : 1);
    to = moved ? cells(moved)[column] : cell;
    changed();
  } else if ((up || down) && !cell.list && !e.shiftKey && !ctrl) to = cells(shown(all[here + (up ? -1 : 1)] ?? row))[column];
  if (!to) return;
  e.preventDefault();
  to.focus();
  if (to !== cell) to.select();
});

document.addEventListener("htmx:configRequest", e => {
  if (e.target !== form) return;
  asked = edits;
  if (e.detail.triggeringEvent?.type !== "submit") delete e.detail.parameters.do; // a button pressed before is not pressed again
});
document.addEventListener("htmx:beforeSwap", e => {
  if (e.detail.requestConfig.elt !== form) return;
  const version = e.detail.xhr.getResponseHeader("Sheet-Version");
  if (version) form.elements.version.value = version;
  if (asked !== edits) e.detail.shouldSwap = false;
});
document.addEventListener("htmx:afterSettle", e => {
  const button = e.detail.requestConfig?.triggeringEvent?.submitter;
  if (button?.dataset.then && !form.contains(document.activeElement)) document.getElementById(button.dataset.then)?.focus();
});
