// Small behaviours attached by data-module. Every page works without them.
const cms = window.cms = { modules: {} };
cms.attach = (root) => {
  const wanted = [...root.querySelectorAll("[data-module]")];
  if (root.matches?.("[data-module]")) wanted.unshift(root);
  for (const element of wanted) {
    for (const name of element.dataset.module.split(" ")) cms.modules[name]?.(element);
  }
};

Object.assign(cms.modules, {
  focus: (element) => element.focus(),

  // What is still going on is looked at again; without scripts the page asks for that by itself.
  renew: () => { setTimeout(() => window.location.reload(), 1000); },

  // A second press does nothing. The server refuses a repeat as well: see the request key.
  once: (form) => form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    setTimeout(() => { for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = true; }, 0);
  }),

  // Typing narrows a list that is on the page already.
  filter: (input) => {
    const items = [...document.querySelectorAll(input.dataset.items)];
    const groups = [...document.querySelectorAll(input.dataset.groups)];
    const empty = document.querySelector(input.dataset.empty || "#none");
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(wanted);
      for (const group of groups) {
        group.hidden = ![...group.querySelectorAll(input.dataset.items)].some((item) => !item.hidden);
      }
      if (empty) empty.hidden = items.some((item) => !item.hidden);
    });
  },

  // A button that copies. Where the browser lends no clipboard it keeps its place, so that nothing moves.
  copy: (button) => {
    const said = document.querySelector(".cms-copied");
    button.classList.toggle("invisible", !navigator.clipboard);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      if (said) said.textContent = "Copied";
    });
  },

  // Back to where one came from.
  back: (button) => {
    button.classList.toggle("invisible", history.length < 2);
    button.addEventListener("click", () => history.back());
  },

  // Where a file is dropped: the native field takes it, this only shows where.
  drop: (zone) => {
    const input = zone.querySelector("input[type=file]");
    const light = (isOver) => zone.classList.toggle("is-over", isOver);
    for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, () => light(true));
    for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => light(false));
    input.addEventListener("change", () => zone.classList.toggle("has-file", input.files.length > 0));
  },

  // A link or button that opens the dialog it names.
  opens: (control) => control.addEventListener("click", (event) => {
    const dialog = document.getElementById(control.dataset.dialog);
    if (dialog?.showModal) { event.preventDefault(); dialog.showModal(); }
  }),
});

// Open menus close with Escape and with a click elsewhere.
const openDrops = () => document.querySelectorAll("details.cms-drop[open]");
document.addEventListener("click", (event) => {
  for (const drop of openDrops()) if (!drop.contains(event.target)) drop.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const drop of openDrops()) {
    const inside = drop.contains(document.activeElement);
    drop.open = false;
    if (inside) drop.querySelector("summary").focus();
  }
});

// A page that comes back from the browser's memory may be sent again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = false;
  }
});
cms.attach(document);
