// TamHub page behaviour: countdowns, keys, palette, theme, toasts, polling. No dependency but htmx; nothing is drawn that
// the server did not send.
const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
const root = document.documentElement;
const remember = (name, value) => {
  document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax` + (location.protocol === "https:" ? "; secure" : "");
};

// --- countdowns: data-clock = seconds left when the server wrote it; data-paused stands still; data-soon = amber from here
const seen = new WeakMap(); // element -> [data-clock as found, when]: htmx may renew the number in place
const two = n => String(n).padStart(2, "0");
const hms = s => {
  const a = Math.abs(s);
  return (s < 0 ? "+" : "") + two(Math.floor(a / 3600)) + ":" + two(Math.floor(a % 3600 / 60)) + ":" + two(a % 60);
};
function tick() {
  if (document.hidden) return;
  const now = performance.now();
  for (const el of $$("[data-clock]:not([data-paused])")) {
    if (seen.get(el)?.[0] !== el.dataset.clock) seen.set(el, [el.dataset.clock, now]);
    const left = Math.ceil(Number(el.dataset.clock) - (now - seen.get(el)[1]) / 1000);
    if (el.textContent === hms(left)) continue;
    el.textContent = hms(left);
    if (!el.classList.contains("count-d")) continue;
    el.classList.toggle("count-d--over", left < 0);
    if ("soon" in el.dataset) el.classList.toggle("count-d--soon", left >= 0 && left <= Number(el.dataset.soon));
    if (el.dataset.say && [900, 300, -1].includes(left)) say(el.dataset.say, left);
  }
}
function say(what, left) { // countdowns are no live regions; this one line speaks at 15 min, 5 min and when time is over
  const line = $("#say");
  if (line) line.textContent = (left < 0 ? line.dataset.over : line.dataset.left).replace("{what}", what).replace("{time}", hms(left));
}
tick();
setInterval(tick, 1000);

// --- of tabs that do not fit beside each other the current one is in sight
for (const tab of $$(".tabs [aria-current]")) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 24;

// --- polling: an element with data-poll asks only while the page is seen, and says which version it shows
const versions = new Map();
const typing = el => el?.matches("input,select,textarea,[contenteditable]");
document.addEventListener("htmx:beforeSwap", () => { // what somebody is typing outlives a refreshed list; a button's words do not
  Idiomorph.defaults.ignoreActiveValue = !!typing(document.activeElement);
});
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, el) => !(name === "open" && el.matches("details")); // what somebody opened stays open
const wake = () => { for (const el of $$("[data-poll]")) htmx.trigger(el, "wake"); };
const begun = el => $("[data-pick]:checked", el) // what is ticked stays where it is, and what is typed but not sent
  || $$("form[data-keep] :is(input,textarea)", el).some(control => control.value !== control.defaultValue);
document.addEventListener("visibilitychange", () => {
  tick();
  if (!document.hidden) wake();
});
document.addEventListener("htmx:configRequest", e => {
  if (!e.target.matches("[data-poll]")) return;
  if (document.hidden || begun(e.target)) e.preventDefault();
  const version = versions.get(e.detail.path);
  if (version) e.detail.headers["If-None-Match"] = version;
});
document.addEventListener("htmx:afterRequest", e => {
  const { xhr, pathInfo } = e.detail;
  if (e.target.matches("[data-poll]") && xhr.status === 200) versions.set(pathInfo.requestPath, xhr.getResponseHeader("ETag"));
  if (xhr.status) connected(true);
});
document.addEventListener("htmx:afterSettle", () => { tick(); watchToasts(); });

// --- connection
function connected(yes) {
  const note = $("#offline");
  if (!note || note.hidden === yes) return;
  note.hidden = yes;
  const at = $("[data-since]", note);
  if (!yes) at.textContent = new Date().toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}
document.addEventListener("htmx:sendError", () => connected(false));
window.addEventListener("offline", () => connected(false));
window.addEventListener("online", () => { connected(true); wake(); });

// --- toasts go after 8 s, but not under the pointer or with the focus in them; errors stay
function watchToasts() {
  for (const toast of $$("[data-toast]:not([data-seen])")) {
    toast.dataset.seen = "";
    if ("stay" in toast.dataset) continue;
    const leave = () => toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove();
    setTimeout(leave, 8000);
  }
}
watchToasts();

// --- a form is sent once; the guard opens again when the answer came, or after 8 s (a download leaves the page as it is)
const open = form => { delete form.dataset.sent; form.removeAttribute("aria-busy"); };
document.addEventListener("submit", e => {
  const form = e.target;
  if (form.method === "get" || form.method === "dialog") return;
  if ("sent" in form.dataset) { e.preventDefault(); e.stopImmediatePropagation(); return; }
  form.dataset.sent = "";
  form.setAttribute("aria-busy", "true");
  setTimeout(open, 8000, form);
}, true);
document.addEventListener("htmx:afterRequest", e => { const form = e.target.closest("form"); if (form) open(form); });
window.addEventListener("pageshow", e => { if (e.persisted) $$("form[data-sent]").forEach(open); });

// --- dialogs
function show(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return false;
  dialog.showModal();
  const input = $("input", dialog);
  if (input) { input.select(); htmx.trigger(input, "opened"); }
  return true;
}
const flip = (name, on) => {
  if (name === "theme") { root.dataset.theme = on ? "dark" : "light"; remember("theme", root.dataset.theme); }
  else { $("#app").classList.toggle("app--rail", on); remember("rail", on ? 1 : 0); }
};
async function copy(link) { // what the link leads to, as text; where that is refused, the link leads there
  try {
    const answer = await fetch(link.href);
    if (!answer.ok) throw new Error(answer.statusText);
    await navigator.clipboard.writeText(await answer.text());
  } catch { location.href = link.href; return; }
  const words = [...link.childNodes].findLast(node => node.nodeType === Node.TEXT_NODE), before = words.data;
  words.data = $("#say").textContent = link.dataset.copy;
  setTimeout(() => { words.data = before; }, 2000);
}
const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
const rail = () => $("#app").classList.contains("app--rail");

document.addEventListener("click", e => {
  const on = s => e.target.closest(s);
  if (on("[data-theme-toggle]")) flip("theme", !dark());
  if (on("[data-rail-toggle]")) { flip("rail", !rail()); $("#me").hidePopover(); }
  if (on("[data-toast-close]")) on("[data-toast]").remove();
  if (on("[data-print]")) print();
  if (on("[data-drawer-close]")) { e.preventDefault(); closeDrawer(); }
  const copier = on("[data-copy]");
  if (copier && navigator.clipboard) { e.preventDefault(); copy(copier); }
  if (on("[data-close]") || e.target.matches("dialog")) on("dialog").close(); // a click beside a dialog is a click on it
  const asked = on("[data-dialog]");
  if (asked && show(asked.dataset.dialog)) e.preventDefault();
  const option = on("[role=option][data-href]");
  if (option) location.href = option.dataset.href;
});

// --- drawer: what a row shows beside the list, or asks; what was done there, or taken back in a toast, shows in the page
const drawer = $("#drawer");
let opener = null; // what had the focus when the drawer opened
const peek = row => { opener = row; htmx.ajax("GET", row.dataset.peek, { target: drawer, swap: "innerHTML" }); };
function closeDrawer() {
  if (!drawer?.firstElementChild) return false;
  const within = drawer.contains(document.activeElement);
  drawer.replaceChildren();
  if (within && opener?.isConnected) opener.focus();
  return true;
}
document.addEventListener("htmx:beforeRequest", e => {
  if (e.detail.target === drawer && !drawer.contains(e.detail.elt)) opener = document.activeElement;
});
document.addEventListener("htmx:afterRequest", e => {
  const from = e.target.closest?.("[data-toast], #drawer") ?? (e.detail.target === drawer && drawer);
  if (!from || e.detail.xhr.status >= 400 || e.detail.requestConfig.verb === "get") return; // htmx calls a 422 successful
  if (from !== drawer) from.remove();
  refused = new Set($$("[data-refused]", drawer).map(one => one.dataset.refused));
  for (const box of $$("[data-pick]:checked")) box.checked = false;
  if (from === drawer && !drawer.firstElementChild && opener?.isConnected) opener.focus(); // nothing is left to ask
  wake();
});
// what was refused of many stays ticked in the list as it is now, to be tried again
let refused = new Set();
document.addEventListener("htmx:afterRequest", e => {
  if (!e.target.matches("[data-poll]") || !refused.size) return;
  for (const box of $$("[data-pick]")) box.checked ||= refused.has(box.value);
  refused.clear();
});

// --- palette: the arrows move through the options, Enter opens the chosen one; without one the form goes to the whole page
const palette = $("#palette");
if (palette) {
  const input = $("input", palette), list = $("#palette-results");
  const options = () => $$("[role=option]", list);
  const choose = option => {
    for (const other of options()) other.setAttribute("aria-selected", other === option);
    input.setAttribute("aria-expanded", String(!!option));
    if (option) { input.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
    else input.removeAttribute("aria-activedescendant");
  };
  list.addEventListener("htmx:afterSwap", () => choose(options()[0]));
  input.addEventListener("keydown", e => {
    const all = options(), at = all.findIndex(o => o.getAttribute("aria-selected") === "true");
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      if (all.length) choose(all[(at + (e.key === "ArrowDown" ? 1 : all.length - 1)) % all.length]);
    } else if (e.key === "Enter" && all[at]?.dataset.href) { e.preventDefault(); location.href = all[at].dataset.href; }
  });
}

// --- keys: the open drawer goes before the row with the focus, and that before the page
const keyed = (key, row) => (drawer && $(`[data-key="${key}"]`, drawer)) ??
  (row && $(`[data-rowkey="${key}"]`) ? $(`[data-rowkey="${key}"]`, row) : $(`[data-key="${key}"]`));
// Ctrl K anywhere; single keys only while nobody types, no dialog is open and the person has not switched them off
let going = 0; // until when a letter after G leads to a place
document.addEventListener("keydown", e => {
  if ((e.ctrlKey || e.metaKey) && !e.altKey && e.key.toLowerCase() === "k" && palette) { e.preventDefault(); show("palette"); return; }
  if (e.key === "Escape" && !$("dialog[open]") && closeDrawer()) return;
  const altGr = e.getModifierState("AltGraph");
  if (!("keys" in document.body.dataset) || e.metaKey || (!altGr && (e.ctrlKey || e.altKey)) || e.isComposing) return;
  if (typing(e.target) || $("dialog[open]")) return;
  const row = e.target.closest("[data-row]"), key = e.key.toLowerCase();
  let used = true;
  if (e.timeStamp < going) { going = 0; $(`[data-go="${CSS.escape(key)}"]`)?.click(); }
  else if (key === "g") going = e.timeStamp + 1500;
  else if (e.key === "?") show("keys");
  else if (e.key === "[") flip("rail", !rail());
  else if (key === "j" || key === "k") {
    const rows = $$("[data-row]"), at = rows.indexOf(row);
    const to = rows[Math.max(0, Math.min(rows.length - 1, at + (key === "j" ? 1 : -1)))];
    to?.focus();
    if (to?.dataset.peek && drawer.firstElementChild) peek(to);
  } else if (e.key === " " && e.target === row && row.dataset.peek) peek(row);
  else if (e.key === "Enter" && e.target === row) (row.matches("a") ? row : $("[data-open]", row) || $("a[href]", row))?.click();
  else {
    const hit = key.length === 1 && keyed(CSS.escape(key), row);
    if (hit) hit.matches("input:not([type=checkbox]),select,textarea") ? hit.focus() : hit.click();
    else used = false;
  }
  if (used) e.preventDefault();
});
