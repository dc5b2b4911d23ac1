"use strict";
// Hands two files to the verifier and sets out what it answers. Text from files goes into the page as text only.
const at = (id) => document.getElementById(id);
const MARKS = { holds: "✓ holds", fails: "✗ FAILS", open: "– not checked" };
const WORDS = { verified: "VERIFIED", refused: "REFUSED" };

/** An element with text or elements in it. */
function make(name, content, kind) {
  const element = document.createElement(name);
  if (kind) element.className = kind;
  element.append(...(Array.isArray(content) ? content : [content ?? ""]));
  return element;
}

const list = (name, items) => make(name, items.map((item) => make("li", item)));

function table({ caption, head, rows }) {
  const top = head.map((title) => { const cell = make("th", title); cell.scope = "col"; return cell; });
  const body = make("tbody", rows.map((row) => make("tr", row.map((text, column) => {
    const cell = make("td", [make("span", text)]);
    cell.dataset.title = head[column];
    return cell;
  }))));
  const scroll = make("div", [make("table", [make("caption", caption), make("thead", [make("tr", top)]), body])], "scroll");
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", caption);
  return scroll;
}

/** The answer as elements. */
function show(view) {
  const parts = [make("p", [WORDS[view.verdict], make("small", view.title)], "verdict " + view.verdict)];
  parts.push(...view.warnings.map((warning) => make("p", warning, "warning")));
  parts.push(make("dl", view.facts.flatMap(({ name, value }) => [make("dt", name), make("dd", value)])));
  parts.push(...view.tables.map(table));
  if (view.restsOn.length) parts.push(make("h2", "What this rests on"), list("ul", view.restsOn));
  if (view.notShown.length) parts.push(make("h2", "What this does not show"), list("ul", view.notShown));
  parts.push(make("h2", "How it was checked"));
  parts.push(make("ol", view.links.map(({ name, mark, says }) => make("li", [make("b", `${name}: ${MARKS[mark]}. `), says], mark))));
  return parts;
}

/** Nothing is believed that the verifier did not answer. */
function stopped(cause) {
  return [make("p", ["REFUSED", make("small", "The verifier stopped, so nothing is shown: " + cause)], "verdict refused")];
}

const compiled = (async () => {
  const text = at("module").textContent.trim();
  return WebAssembly.compile(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
})();

/** What the verifier says of two files. Each check has an instance of its own: a trap leaves nothing behind. */
async function check(file, root, staleSeconds) {
  const { exports } = await WebAssembly.instantiate(await compiled, {});
  const start = exports.input(file.length + root.length);
  if (start === 0) throw new Error("the files are larger than any that are read");
  const input = new Uint8Array(exports.memory.buffer, start, file.length + root.length);
  input.set(file);
  input.set(root, file.length);
  const length = exports.check(file.length, BigInt(Date.now()), BigInt(staleSeconds));
  const output = new Uint8Array(exports.memory.buffer, exports.output(), length);
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(output));
}

/** A file's bytes. A browser reads none that changed on the disk after it was chosen. */
async function bytes(file) {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Error(`${file.name} cannot be read any more, or changed since it was chosen: choose it again`);
  }
}

let asked = 0;
async function ask() {
  const [file, root] = [at("proof").files[0], at("root").files[0]];
  const number = ++asked;
  const answer = at("answer");
  answer.setAttribute("aria-busy", "false");
  if (!file || !root) return answer.replaceChildren(make("p", `Nothing is checked yet: the ${file ? "genesis or checkpoint" : "proof file"} is missing.`, "hint"));
  answer.setAttribute("aria-busy", "true");
  answer.replaceChildren(make("p", "Checking …", "hint"));
  let parts;
  try {
    const stale = Math.max(0, Math.round((at("stale").valueAsNumber || 0) * 3600));
    parts = show(await check(await bytes(file), await bytes(root), stale));
  } catch (cause) {
    parts = stopped(cause instanceof Error ? cause.message : String(cause));
  }
  if (number !== asked) return;
  answer.replaceChildren(...parts);
  answer.setAttribute("aria-busy", "false");
}

for (const id of ["proof", "root", "stale"]) at(id).addEventListener("change", ask);
// A browser does not tell of the choice of a file's name that is chosen already, though the file may be another by now.
for (const id of ["proof", "root"]) at(id).addEventListener("click", () => { at(id).value = ""; ask(); });
at("ask").addEventListener("submit", (event) => event.preventDefault());
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => {
  const field = event.target.closest?.(".drop")?.querySelector("input");
  event.preventDefault();
  if (name !== "drop" || !field || !event.dataTransfer?.files.length) return;
  field.files = event.dataTransfer.files;
  ask();
});
